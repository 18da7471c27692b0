# Builds that lack a codec's library: they work, and say so when they meet one.  libsnappy is loaded when it is needed.
use strict;
use warnings;
use PdsTest;
use Test::More;
use File::Temp 'tempdir';

need_stack();
fresh_database('pds_codecs');
my $dir = tempdir(CLEANUP => 1);
chmod 0755, $dir;

run_python(<<'PY');
import boto3, bz2, gzip
s3 = boto3.client("s3")
s3.create_bucket(Bucket="pds-codecs")
plain = b"7,seven\n"
# blocks of literals only, made without a library
def hadoop(block):
    return len(plain).to_bytes(4, "big") + len(block).to_bytes(4, "big") + block
put = lambda key, body: s3.put_object(Bucket="pds-codecs", Key=key, Body=body)
put("zstd/a.zst", b"\x28\xb5\x2f\xfd\x20" + bytes([len(plain)]) + ((len(plain) << 3) | 1).to_bytes(3, "little") + plain)
put("bzip2/a.bz2", bz2.compress(plain))
put("lz4/a.lz4", hadoop(bytes([len(plain) << 4]) + plain))
put("lz4_frame/a.lz4", bytes.fromhex("04224d186040820800008037") + b",seven\n" + bytes(4))
put("snappy/a.snappy", hadoop(bytes([len(plain), (len(plain) - 1) << 2]) + plain))
put("gzip/a.gz", gzip.compress(plain, mtime=0))
PY
create_server('aws');
my @codecs = qw(zstd bzip2 lz4 snappy);
psql_ok("CREATE FOREIGN TABLE $_ (a int, b text) SERVER aws OPTIONS (location 's3://pds-codecs/$_/', format 'csv', engine 'direct')", "table $_")
  for @codecs, 'gzip', 'lz4_frame';
psql_ok("CREATE FOREIGN TABLE written (a int, b text) SERVER aws OPTIONS (location 's3://pds-codecs/written/', format 'csv', engine 'direct', compression 'zstd')", 'a table that is written');

# a build of its own in a copy of the work tree: what is the same need not be compiled again
sub build
{
	my ($name, @arguments) = @_;
	my $copy = "$dir/$name";
	my $log = "$dir/$name.log";

	system("mkdir -p $copy/build && cp -a Makefile codecs.mk packaging.mk pds_fdw.control REVISION sql src $copy/ && cp -a build/codecs build/revision $copy/build/"
		  . " && rm -f $copy/src/core/codec/*.o && cd $copy && make -s pds_fdw.so @arguments REVISION=test >$log 2>&1 && chmod -R a+rX $dir") == 0
	  or diag(slurp($log));
	ok(-s "$copy/pds_fdw.so", "the build with @arguments");
	return "SET dynamic_library_path = '$copy:\$libdir';\n";
}
my %library = (zstd => 'libzstd', bzip2 => 'libbz2', lz4 => 'liblz4', snappy => 'libsnappy', isal => 'libisal');

for my $without (@codecs, 'isal')
{
	my $use = build("without_$without", 'WITH_' . uc($without) . '=no');

	for my $table (@codecs, 'gzip', 'lz4_frame')
	{
		if ($table =~ /^$without/)
		{
			psql_fails("${use}SELECT * FROM $table", qr/0A000: .*this build of pds_fdw has no $without, for it was made without $library{$without}.*HINT:  Build it.*or have Athena/s,
				"without $without, $table");
			next;
		}
		is(psql_value("${use}SELECT * FROM $table"), '7|seven', "without $without, $table");
	}
	is(psql_value("${use}SELECT string_agg(key, ',') FROM pds.version(), jsonb_each_text(codecs) WHERE value IS NULL AND key IN ('$library{$without}', 'zlib')"), $library{$without}, 'pds.version() says so');
	psql_fails("${use}SELECT * FROM pds.infer_schema('aws', 's3://pds-codecs/$without/')", qr/0A000: \S+$without\/a\.\S+ is not CSV: this build of pds_fdw has no $without/, 'a sample') if $without ne 'isal';
	psql_fails("${use}INSERT INTO written VALUES (1, 'x')", qr/0A000: .*this build of pds_fdw has no zstd/, 'nor is it written') if $without eq 'zstd';
}

# ---- loaded when needed ----

my $mapped = "SELECT count(*) > 0 FROM regexp_split_to_table(pg_read_file('/proc/self/maps'), '\\n') l WHERE l LIKE '%libsnappy%'";
is(psql_value("SELECT * FROM gzip; $mapped; SELECT codecs->>'libsnappy' FROM pds.version(); SELECT * FROM snappy; $mapped; SELECT codecs->>'libsnappy' FROM pds.version()"),
	"7|seven\nf\nloaded when needed\n7|seven\nt\nlibsnappy.so.1", 'libsnappy is loaded by the first object that needs it');
my $missing = build('missing', q{COPT='-DSNAPPY_LIBRARY=\"libsnappy.so.0\"'});
psql_fails("${missing}SELECT * FROM snappy",
	qr/0A000: .*snappy needs the library libsnappy\.so\.0, which cannot be loaded.*s3:\/\/pds-codecs\/snappy\/a\.snappy.*HINT:  Install it/s, 'a machine that does not have it');
is(psql_value("${missing}SELECT * FROM gzip"), '7|seven', 'reads the rest');
done_testing();
