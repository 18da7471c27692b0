# demo/notebook.sql, from beginning to end and once more: what it wrote is read back by boto3 and by the engine behind
# Athena with the same rows, and its page holds the charts.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename;
use File::Temp 'tempdir';
use IPC::Open2;
use JSON::PP;
use PdsTest;
use Test::More;

need_stack('PDS_STACK_ENGINE');
fresh_database('pds_notebook');

my $demo = abs_path(dirname(__FILE__) . '/../../demo');
my $dir = tempdir(CLEANUP => 1);
my $page = "$dir/notebook.html";
my $trino = trino_answers();

# One Python for all questions: its start takes longer than they do.
my $loop = "import contextlib, io, json, sys\nfor line in sys.stdin:\n    out = io.StringIO()\n"
  . "    with contextlib.redirect_stdout(out):\n        exec(json.loads(line), globals())\n    print(json.dumps(out.getvalue()), flush=True)\n";
my $python = open2(my $answers, my $questions, stack_python(), '-c', $loop);
my $json = JSON::PP->new->ascii->allow_nonref;

sub python
{
	print {$questions} $json->encode($_[0]), "\n";
	$questions->flush;
	my $line = <$answers> // die("python failed:\n$_[0]");
	return $json->decode($line) =~ s/\n\z//r;
}

# what the checks share: the public objects, and what was made of them
python(<<"PY");
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "$demo")
import boto3, collections, csv, gzip, html.parser, io, re
import load, make_reviews
s3, glue = boto3.client("s3"), boto3.client("glue")
BUCKET = "sagemaker-" + s3.meta.region_name + "-" + boto3.client("sts").get_caller_identity()["Account"]
def keys(bucket, prefix=""):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [o["Key"] for p in pages for o in p.get("Contents", [])]
def body(bucket, key):
    b = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return (gzip.decompress(b) if key.endswith(".gz") else b).decode()
def raw():
    for k in keys(load.PUBLIC, "data/"):
        for r in csv.DictReader(io.StringIO(body(load.PUBLIC, k), newline="")):
            yield r, {"1": -1, "2": -1, "3": 0}.get(r["star_rating"], 1), re.sub(r"\\s+", " ", r["review_body"])
def clean():
    for k in keys(BUCKET, "notebook/clean/"):
        for line in body(BUCKET, k).splitlines():
            yield k.split("/")[2].split("=")[1], line.split("\\t")
make_reviews.write("$dir", 3000, 1)
load.publish(s3, "$dir")
PY

sub run_notebook
{
	my @set = ("endpoint=$ENV{AWS_ENDPOINT_URL}", "region=$ENV{AWS_REGION}", "key=$ENV{AWS_ACCESS_KEY_ID}",
		"secret=$ENV{AWS_SECRET_ACCESS_KEY}", "html=$page", 'athena_writes=' . ($trino ? 'on' : 'off'));
	my ($rc, $out, $err) = psql("\\i $demo/notebook.sql\n", map { ('-v', $_) } @set);

	is("$rc$err", '0', $_[0]);
	return $out;
}

# two lists of rows, as Python makes them of generators
sub same
{
	my ($left, $right, $name) = @_;
	is(python(<<"PY"), 'same', $name);
left, right = collections.Counter($left), collections.Counter($right)
print("same" if left == right and left else [list((left - right).items())[:3], list((right - left).items())[:3]])
PY
	return;
}

sub check
{
	my ($run) = @_;

	same('(r["review_id"], str(s), b, r["product_category"]) for r, s, b in raw()',
		'(f[0], f[1], f[2], c) for c, f in clean()',
		"$run: the clean reviews in S3 are the public ones with a sentiment");
	same('(f[1], f[2], c) for c, f in clean()',
		'tuple(row[:3]) for k in keys(BUCKET, "notebook/train/") '
		  . 'for row in list(csv.reader(io.StringIO(body(BUCKET, k), newline=""), escapechar="\\\\", doublequote=False))[1:]',
		"$run: the rows to train with are the clean ones");
	is(psql_value("SET search_path = notebook; SET pds.engine = athena; SELECT count(*) FROM $_"),
		psql_value("SET search_path = notebook; SET pds.engine = direct; SELECT count(*) FROM $_"), "$run: $_ by both engines")
	  for 'clean_reviews', 'train', 'departments', 'summary';
	my $rows = 'SELECT md5(string_agg(r::text, \';\' ORDER BY review_id)), count(*) FROM notebook.clean_reviews r';
	is(psql_value("SET pds.engine = athena; $rows"), psql_value("SET pds.engine = direct; $rows"), "$run: the same rows by both engines");
	is(psql_value('SELECT count(*) || \' \' || (SELECT sum(reviews) FROM notebook.summary) FROM notebook.clean_reviews'), '3000 3000', "$run: all of them");
	is(python("print(keys(BUCKET, 'notebook/landing/'))"), '[]', "$run: the landing was cleaned up");

	# the page
	is(python(<<"PY"), 'text/html True', "$run: the page is in the bucket");
o = s3.get_object(Bucket=BUCKET, Key="notebook/notebook.html")
print(o["ContentType"], o["Body"].read() == open("$page", "rb").read().rstrip(b"\\n"))
PY
	is(python(<<"PY"), 'balanced 5 charts, bars 11 3 11 11 8, rows 11 7', "$run: its charts and tables");
class Page(html.parser.HTMLParser):
    VOID = {"meta"}
    def __init__(self):
        super().__init__()
        self.open, self.bars, self.rows, self.balanced = [], [], [], True
    def handle_starttag(self, tag, attrs):
        if tag in self.VOID:
            return
        if tag == "svg":
            self.bars.append(0)
        if tag == "tbody":
            self.rows.append(0)
        if tag == "tr" and "tbody" in self.open:
            self.rows[-1] += 1
        if tag == "title" and self.open[-1] == "rect":
            self.bars[-1] += 1
        self.open.append(tag)
    def handle_startendtag(self, tag, attrs):
        pass
    def handle_endtag(self, tag):
        self.balanced = self.balanced and self.open.pop() == tag
p = Page()
p.feed(open("$page", encoding="utf-8").read())
print("balanced" if p.balanced and not p.open else "unbalanced", len(p.bars), "charts, bars",
      *p.bars, end=", rows ")
print(*p.rows)
PY
	is(python(<<"PY"), 'CI True DPL True', "$run: CI and DPL on it are those of the public data");
rows = [(r["product_category"] == "Trend", s == 1) for r, s, b in raw()]
d, a = [p for f, p in rows if f], [p for f, p in rows if not f]
cells = re.search(r'<th scope="row">Trend</th>(.*?)</tr>', open("$page", encoding="utf-8").read()).group(1)
ci, dpl = [float(v) for v in re.findall(r'>(-?[0-9.]+)<', cells)[:2]]
print("CI", abs(ci - (len(a) - len(d)) / len(rows)) < 0.0001, "DPL", abs(dpl - sum(a) / len(a) + sum(d) / len(d)) < 0.0001)
PY
	is(python(<<"PY"), 'decimals 1 of each column; labels 18 of 18; cut 3 with an ellipsis', "$run: numbers of a column have one format, cut values say so");
page = open("$page", encoding="utf-8").read()
decimals, labels, cells = collections.defaultdict(set), 0, []
for n, table in enumerate(re.findall(r"<tbody>(.*?)</tbody>", page, re.S)):
    for number, label, value in re.findall(r'<td( class="n")? data-label="([^"]*)">(.*?)</td>', table):
        cells.append(value)
        if number and value != "\\u2013":
            decimals[n, label].add(len(value.partition(".")[2]))
    labels += len(re.findall('<td', table.strip().split("\\n")[0])) + 1
heads = len(re.findall(r'<th scope="col"', page))
print("decimals", *{len(d) for d in decimals.values()}, "of each column; labels", labels, "of", heads, end="; ")
print("cut", sum(v.endswith("\\u2026") for v in cells), "with an ellipsis" if all(len(v) <= 20 for v in cells) else "too long")
PY
	return;
}

my $out = run_notebook('the notebook runs');
like($out, qr/^\Q$_\E/m, "heading $_") for map { " Notebook $_." } 1 .. 11;
like($out, qr{The page is in \Q$page\E and s3://sagemaker-}, 'it says where its page is');
check('first run');
run_notebook('it runs once more');
check('second run');

SKIP:
{
	skip 'the demo engine does not write', 2 unless $trino;
	is(psql_value('SELECT count(*) FROM notebook.bad_reviews'),
		psql_value('SELECT count(*) FROM notebook.clean_reviews WHERE sentiment = -1'), 'CREATE TABLE AS');
	same('f[0] for c, f in clean() if f[3] != "\\\\N" and float(f[3]) > 200',
		'line.split(",")[0] for k in keys(BUCKET, "notebook/unload/") for line in body(BUCKET, k).splitlines()', 'UNLOAD');
}

# awswrangler, where it is installed
my $tests = do { my $venv = abs_path(dirname(__FILE__) . '/../stack/venv'); `$venv tests 2>/dev/null` };
chomp $tests;
SKIP:
{
	skip 'the judges are not installed', 1 unless $tests && -x $tests;
	local $ENV{PDS_STACK_PYTHON} = $tests;
	is(run_python(<<'PY'), psql_value('SELECT count(*), sum(sentiment), count(price), sum(price) FROM notebook.clean_reviews'),
import awswrangler as wr, boto3
bucket = "sagemaker-%s-%s" % (boto3.session.Session().region_name, wr.sts.get_account_id())
d = wr.s3.read_csv("s3://%s/notebook/clean/" % bucket, dataset=True, sep="\t", header=None, quoting=3, na_values=["\\N"],
                   keep_default_na=False, names=list(wr.catalog.table("notebook", "clean_reviews")["Column Name"])[:-1])
print(len(d), d["sentiment"].sum(), d["price"].count(), "%.2f" % d["price"].sum(), sep="|")
PY
		'awswrangler reads the same');
}

# nothing of it is there for other tests
is(psql_value("SELECT pds.drop_database('my_aws', 'notebook', cascade => true)"), 't', 'the database is dropped');
python(<<'PY');
for bucket in (BUCKET, load.PUBLIC):
    for k in keys(bucket):
        s3.delete_object(Bucket=bucket, Key=k)
    s3.delete_bucket(Bucket=bucket)
PY
close $questions;
waitpid $python, 0;
done_testing();
