# SQL functions on S3 objects, buckets and files of the server, and of the session.
use strict;
use warnings;
use HTTP::Tiny;
use JSON::PP;
use PdsTest;
use Test::More;
use Time::HiRes qw(sleep time);

need_stack();
my @roles = qw(pds_s3_reader pds_s3_writer pds_s3_files pds_s3_none);
sub psql_quiet { local $ENV{PGDATABASE} = 'postgres'; return psql($_[0]) }
psql_quiet('DROP DATABASE IF EXISTS pds_s3');
psql_quiet("DROP ROLE IF EXISTS $_") for @roles;
fresh_database('pds_s3');
# faults and what was sent are seen at a proxy; the work goes straight
my $proxy = start_proxy($ENV{AWS_ENDPOINT_URL});
create_server('aws');
create_server('slow', endpoint_url => $proxy->{url}, s3_endpoint_url => $proxy->{url}, max_attempts => 3);
# files that the server, another user of the system, may read and write
my $dir = psql_value("SELECT '/tmp/pds_s3_' || pg_backend_pid()");

# Python with boto3; its output
sub boto { return run_python("import boto3, json, sys\ns3 = boto3.client('s3')\n$_[0]") }
sub sql_literal { return "'" . ($_[0] =~ s/'/''/gr) . "'" }

boto(<<'PY');
for b in s3.list_buckets()["Buckets"]:
    if b["Name"].startswith(("pds-s3fn", "pds-default", "sagemaker-")):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=b["Name"]):
            for o in page.get("Contents", []):
                s3.delete_object(Bucket=b["Name"], Key=o["Key"])
        s3.delete_bucket(Bucket=b["Name"])
PY

# --- buckets -----------------------------------------------------------------------------------------------------
is(psql_value("SELECT pds.s3_create_bucket('aws', 'pds-s3fn')"), 't', 'a bucket is made');
psql_fails("SELECT pds.s3_create_bucket('aws', 'pds-s3fn')", qr/42710: bucket "pds-s3fn" exists already/, 'a second time is a clash');
is(psql_value("SELECT pds.s3_create_bucket('aws', 's3://pds-s3fn/', exist_ok => true)"), 'f', 'unless that is allowed');
is(psql_value("SELECT pds.s3_create_bucket('aws', 'pds-s3fn-eu', 'eu-west-1')"), 't', 'a bucket in another region');
is(boto('print(s3.get_bucket_location(Bucket="pds-s3fn-eu")["LocationConstraint"])'), 'eu-west-1', 'is there');
psql_fails("SELECT pds.s3_create_bucket('aws', 'a/b')", qr/HV024: "a\/b" is not a bucket name/, 'a name that cannot be one');
psql_fails("SELECT pds.s3_create_bucket('aws', 's3://pds-s3fn/x')", qr/22023: "s3:\/\/pds-s3fn\/x" is not a bucket/, 'nor a location with a key');
is(psql_value("SELECT string_agg(name, ',' ORDER BY name) FROM pds.s3_list('aws') WHERE name LIKE 'pds-s3fn%' AND is_prefix AND modified <= now() + interval '5 s' AND uri = 's3://' || name || '/'"),
	'pds-s3fn,pds-s3fn-eu', 's3:// lists the buckets');
is(psql_value("SELECT string_agg(name, ',') FROM pds.s3_list('aws', pattern => 'pds-s3fn-*')"), 'pds-s3fn-eu', 'by a pattern');
is(psql_value("SELECT pds.s3_exists('aws', 's3://pds-s3fn'), pds.s3_exists('aws', 's3://pds-s3fn-not')"), 't|f', 'a bucket exists, or not');

# --- one object --------------------------------------------------------------------------------------------------
is(psql_value("SELECT pds.s3_put('aws', 's3://pds-s3fn/one/a.csv', E'id,name\\n1,\\u00e9\\n', metadata => '{\"Author\": \"me\", \"n\": 1.50, \"yes\": true}', storage_class => 'STANDARD_IA')"), '13', 'put says how many bytes');
is(psql_value("SELECT pds.s3_get_text('aws', 's3://pds-s3fn/one/a.csv')"), "id,name\n1,\x{c3}\x{a9}\n", 'and they come back');
is(psql_value("SELECT size, content_type, storage_class, metadata, etag = md5(E'id,name\\n1,\\u00e9\\n'), version_id IS NULL, modified BETWEEN now() - interval '1 min' AND now() + interval '5 s' FROM pds.s3_head('aws', 's3://pds-s3fn/one/a.csv')"),
	'13|text/csv|STANDARD_IA|{"n": "1.50", "yes": "true", "author": "me"}|t|t|t', 'head tells all about it');
is(boto('r = s3.get_object(Bucket="pds-s3fn", Key="one/a.csv"); print(r["Body"].read(), r["ContentType"], sorted(r["Metadata"].items()), r["StorageClass"])'),
	q(b'id,name\n1,\xc3\xa9\n' text/csv [('author', 'me'), ('n', '1.50'), ('yes', 'true')] STANDARD_IA), 'boto3 reads the same');
psql_fails("SELECT pds.s3_put('aws', 's3://pds-s3fn/one/a.csv', 'x', overwrite => false)", qr/42710: s3:\/\/pds-s3fn\/one\/a.csv exists already/, 'overwrite => false refuses what is there');
is(psql_value("SELECT pds.s3_put('aws', 's3://pds-s3fn/one/b', ''::bytea, 'x/y', overwrite => false)"), '0', 'and makes what is not; empty');
is(psql_value("SELECT size, content_type, pds.s3_get('aws', uri) = '' FROM pds.s3_head('aws', 's3://pds-s3fn/one/b')"), '0|x/y|t', 'an empty object');
is(psql_value("SELECT pds.s3_exists('aws', 's3://pds-s3fn/one/b'), pds.s3_exists('aws', 's3://pds-s3fn/one/c'), pds.s3_exists('aws', 's3://pds-s3fn/one/'), pds.s3_exists('aws', 's3://pds-s3fn/two/')"), 't|f|t|f', 'objects and folders exist, or not');
psql_ok("SELECT pds.s3_put('aws', 's3://pds-s3fn/one/all', decode(string_agg(lpad(to_hex(i), 2, '0'), '' ORDER BY i), 'hex')) FROM generate_series(0, 255) i", 'all bytes');
is(boto('print(s3.get_object(Bucket="pds-s3fn", Key="one/all")["Body"].read() == bytes(range(256)))'), 'True', 'arrive');
is(psql_value("SELECT pds.s3_get('aws', 's3://pds-s3fn/one/all') = decode(string_agg(lpad(to_hex(i), 2, '0'), '' ORDER BY i), 'hex') FROM generate_series(0, 255) i"), 't', 'and come back');
is(psql_value("SELECT pds.s3_get('aws', u, 250), pds.s3_get('aws', u, 10, 3), pds.s3_get('aws', u, -2), pds.s3_get('aws', u, -1000, 1), pds.s3_get('aws', u, 300) = '', pds.s3_get('aws', u, 5, 0) = '', pds.s3_get_text('aws', u, 65, 3) FROM (VALUES ('s3://pds-s3fn/one/all')) v (u)"),
	'\xfafbfcfdfeff|\x0a0b0c|\xfeff|\x00|t|t|ABC', 'ranges');
psql_fails("SELECT pds.s3_get('aws', 's3://pds-s3fn/one/all', 0, -1)", qr/22023: bytes must not be negative/, 'but no negative length');
psql_fails("SELECT pds.s3_get_text('aws', 's3://pds-s3fn/one/all')", qr/22021/, 'bytes that are no text');
is(psql_value("SELECT pds.s3_get_text('aws', 's3://pds-s3fn/one/all', 228, 2, 'LATIN1')"), "\x{c3}\x{a4}\x{c3}\x{a5}", 'another encoding');
psql_fails("SELECT pds.s3_get_text('aws', 's3://pds-s3fn/one/all', encoding => 'klingon')", qr/42704: encoding "klingon" does not exist/, 'or none');
psql_ok("SELECT pds.s3_put('aws', 's3://pds-s3fn/one/bom', '\\xefbbbf41'::bytea)", 'a byte order mark');
is(psql_value("SELECT pds.s3_get_text('aws', 's3://pds-s3fn/one/bom'), length(pds.s3_get('aws', 's3://pds-s3fn/one/bom'))"), 'A|4', 'is not text');
psql_fails("SELECT pds.s3_get('aws', 's3://pds-s3fn/one/none')", qr/42704: s3:\/\/pds-s3fn\/one\/none does not exist.*HINT:  pds.s3_list/s, 'an object that is not there');
psql_fails("SELECT * FROM pds.s3_head('aws', 's3://pds-s3fn-not/x')", qr/42704: bucket "pds-s3fn-not" does not exist.*HINT:.*s3_create_bucket/s, 'a bucket that is not there: head');
psql_fails("SELECT pds.s3_put('aws', 's3://pds-s3fn-not/x', 'x')", qr/42704: bucket "pds-s3fn-not" does not exist/, 'put');
psql_fails("SELECT * FROM pds.s3_list('aws', 's3://pds-s3fn-not/')", qr/42704: bucket "pds-s3fn-not" does not exist/, 'list');
psql_fails("SELECT * FROM pds.s3_delete('aws', ARRAY['s3://pds-s3fn-not/x', 's3://pds-s3fn-not/y'])", qr/42704: bucket "pds-s3fn-not" does not exist/, 'delete');
psql_fails("SELECT * FROM pds.s3_copy('aws', 's3://pds-s3fn/one/b', 's3://pds-s3fn-not/')", qr/42704: bucket "pds-s3fn-not" does not exist/, 'copy');
psql_fails("SELECT pds.s3_get('aws', 's3://pds-s3fn/')", qr/22023: "s3:\/\/pds-s3fn\/" names a bucket, not an object/, 'a bucket has no content');
psql_fails("SELECT pds.s3_get('aws', '/etc/passwd')", qr/22023: "\/etc\/passwd" is not an S3 location/, 'nor has a path');
psql_fails("SELECT pds.s3_put('aws', 's3://pds-s3fn/x', NULL::text)", qr/22004: content must not be null/, 'NULL is no content');
psql_fails("SELECT * FROM pds.s3_delete('aws', NULL::text)", qr/22004: uri must not be null/, 'and no location');
is(psql_value("SELECT count(*), bool_and(s IS NULL) FROM pds.s3_head('aws', NULL) s"), '1|t', 'head of NULL is NULL');
psql_fails("SELECT pds.s3_put('aws', 's3://pds-s3fn/x', 'x', E'text/plain\\r\\nx-amz-acl: public-read')", qr/22023: content_type must be one line of ASCII/, 'no header is smuggled in by a type');
psql_fails("SELECT pds.s3_put('aws', 's3://pds-s3fn/x', 'x', metadata => '{\"a\": \"b\\r\\nc: d\"}')", qr/22023: a value of metadata must be one line/, 'or by metadata');
psql_fails("SELECT pds.s3_put('aws', 's3://pds-s3fn/x', 'x', metadata => '{\"a b\": \"c\"}')", qr/22023: "a b" cannot be the name of metadata/, 'or by its name');
psql_fails("SELECT pds.s3_put('aws', 's3://pds-s3fn/x', 'x', metadata => '[1]')", qr/22023: metadata must be a JSON object/, 'metadata are an object');
psql_fails("SELECT pds.s3_put('aws', 's3://pds-s3fn/x', 'x', metadata => '{\"a\": {}}')", qr/22023: metadata "a" must be a string/, 'of scalars');
is(psql_value("BEGIN; SELECT pds.s3_put('aws', 's3://pds-s3fn/one/kept', 'x'); ROLLBACK; SELECT pds.s3_exists('aws', 's3://pds-s3fn/one/kept')"), "1\nt", 'a rollback does not undo it');
psql_fails("BEGIN READ ONLY; SELECT pds.s3_put('aws', 's3://pds-s3fn/x', 'x')", qr/25006: cannot execute pds.s3_put\(\) in a read-only transaction/, 'nothing is put in a read-only transaction');
psql_fails("BEGIN READ ONLY; SELECT * FROM pds.s3_$_", qr/25006/, "nor $_") for "delete('aws', 's3://pds-s3fn/x')", "copy('aws', 's3://a/b', 's3://c/d')", "sync('aws', 's3://a/b', 's3://c/d')", "create_bucket('aws', 'x')";
is(psql_value("BEGIN READ ONLY; SELECT pds.s3_get_text('aws', 's3://pds-s3fn/one/kept')"), 'x', 'but it can be read');

# --- keys that hurt ----------------------------------------------------------------------------------------------
my @keys = ('odd/with blank', 'odd/plus+sign', 'odd/per%cent', 'odd/%2F', 'odd//double', 'odd/trailing/', 'odd/q?a=b&c#d', q(odd/"quote'd"), 'odd/a<b>&c',
	"odd/\x{c3}\x{bc}n\x{c3}\x{af}c\x{c3}\x{b6}de \x{e2}\x{82}\x{ac}", 'odd/back\\slash', 'odd/../up', 'odd/./dot', "odd/tab\tend", "odd/ctl\x{1}", 'odd/' . 'k' x 1020);
psql_ok("CREATE TABLE odd AS SELECT convert_from(decode(h, 'hex'), 'UTF8') AS k FROM unnest('{" . join(',', map { unpack 'H*', $_ } @keys) . "}'::text[]) h", 'odd keys');
my $hex = encode_json([ map { unpack 'H*', $_ } @keys ]);
is(psql_value("SELECT count(pds.s3_put('aws', 's3://pds-s3fn/' || k, 'of ' || k)) FROM odd"), scalar @keys, 'objects of odd names are put');
is(boto(<<"PY"), 'True', 'boto3 finds them under these names, with these bytes');
keys = [bytes.fromhex(k) for k in $hex]
print(all(s3.get_object(Bucket="pds-s3fn", Key=k.decode())["Body"].read() == b"of " + k for k in keys))
PY
is(psql_value("SELECT count(*) FROM odd WHERE pds.s3_get_text('aws', 's3://pds-s3fn/' || k) = 'of ' || k"), scalar @keys, 'they come back');
is(psql_value("SELECT count(*), bool_and(k IS NOT NULL) FROM pds.s3_list('aws', 's3://pds-s3fn/odd/', true) l LEFT JOIN odd ON l.uri = 's3://pds-s3fn/' || k AND l.name = substr(k, 5) AND l.size = length(convert_to('of ' || k, 'UTF8'))"), scalar(@keys) . '|t', 'and are listed');
is(psql_value("SELECT count(*), bool_and(bytes > 0) FROM pds.s3_copy('aws', 's3://pds-s3fn/odd', 's3://pds-s3fn-eu/x', true)"), scalar(@keys) . '|t', 'and copied, all at once');
is(psql_value("SELECT count(*) FROM odd WHERE pds.s3_get_text('aws', 's3://pds-s3fn-eu/x/' || substr(k, 5)) = 'of ' || k"), scalar @keys, 'into another bucket of another region');
is(psql_value("SELECT count(*) FROM pds.s3_sync('aws', 's3://pds-s3fn/odd', 's3://pds-s3fn-eu/x', true)"), '0', 'which is in step then');
is(psql_value("SELECT count(*) FROM pds.s3_delete('aws', (SELECT array_agg('s3://pds-s3fn/' || k) FROM odd))"), scalar @keys, 'and deleted by name');
is(psql_value("SELECT count(*) FROM pds.s3_list('aws', 's3://pds-s3fn/odd', true)"), '0', 'all of them');
boto(<<"PY");
for k in [bytes.fromhex(k).decode() for k in $hex]:
    s3.put_object(Bucket="pds-s3fn", Key=k, Body=k.encode())
PY
is(psql_value("SELECT count(*) FROM odd WHERE pds.s3_get('aws', 's3://pds-s3fn/' || k) = convert_to(k, 'UTF8')"), scalar @keys, 'those that boto3 made are read');
is(psql_value("SELECT count(*) FROM pds.s3_delete('aws', 's3://pds-s3fn/odd/', true)"), scalar @keys, 'and deleted all together');

# --- many --------------------------------------------------------------------------------------------------------
boto(<<'PY');
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda i: s3.put_object(Bucket="pds-s3fn", Key=f"many/d{i % 3}/f{i:04}.{'csv' if i % 2 else 'txt'}", Body=b"x" * (i % 7)), range(1005)))
PY
is(psql_value("SELECT count(*), sum(size), count(DISTINCT uri), bool_and(name = substr(uri, 20)) FROM pds.s3_list('aws', 's3://pds-s3fn/many/', true)"), '1005|3009|1005|t', '1,005 objects are listed');
is(psql_value("SELECT string_agg(concat_ws(' ', name, is_prefix, size), ', ') FROM pds.s3_list('aws', 's3://pds-s3fn/many/')"), 'd0/ t, d1/ t, d2/ t', 'or their folders');
is(psql_value("SELECT string_agg(name, ',') FROM pds.s3_list('aws', 's3://pds-s3fn/many/d1/f000')"), 'f0001.csv,f0004.txt,f0007.csv', 'a uri is the beginning of keys');
is(psql_value("SELECT count(*), min(name), bool_and(NOT is_prefix) FROM pds.s3_list('aws', 's3://pds-s3fn/many/', true, '*[05].csv')"), '100|d0/f0015.csv|t', 'a pattern');
is(psql_value("SELECT count(*) FROM pds.s3_list('aws', 's3://pds-s3fn/many/', true, max_results => 1002)"), '1002', 'max_results');
is(psql_value("SELECT count(*) FROM pds.s3_list('aws', 's3://pds-s3fn/many/', true, '*.csv', max_results => 3)"), '3', 'max_results with a pattern');
is(psql_value("SELECT (SELECT count(*) FROM pds.s3_list('aws', 's3://pds-s3fn/many/', true, modified_after => now() - interval '1 h')), (SELECT count(*) FROM pds.s3_list('aws', 's3://pds-s3fn/many/', true, modified_before => now() - interval '1 h')), (SELECT count(*) FROM pds.s3_list('aws', 's3://pds-s3fn/', modified_after => now() - interval '1 h'))"), '1005|0|0', 'times; folders have none');
is(psql_value("SELECT count(*), sum(bytes) FROM pds.s3_delete('aws', 's3://pds-s3fn/many/', true, '*.txt', dry_run => true)"), '503|1507', 'what a delete would do');
is(psql_value("SELECT count(*) FROM pds.s3_list('aws', 's3://pds-s3fn/many/', true)"), '1005', 'is not done');
is(psql_value("SELECT count(*) FROM pds.s3_copy('aws', 's3://pds-s3fn/many/d1', 's3://pds-s3fn/few/', true, 'f00*', dry_run => true)"), '33', 'what a copy would do');
is(psql_value("SELECT count(*) FROM pds.s3_list('aws', 's3://pds-s3fn/few/', true)"), '0', 'is not done');
is(psql_value("SELECT action, source, target, bytes FROM pds.s3_copy('aws', 's3://pds-s3fn/many/d1', 's3://pds-s3fn/few/', true, 'f0001*')"), 'copy|s3://pds-s3fn/many/d1/f0001.csv|s3://pds-s3fn/few/f0001.csv|1', 'and then it is');
is(psql_value("SELECT count(*), sum(bytes) FROM pds.s3_delete('aws', 's3://pds-s3fn/many/', true)"), '1005|3009', '1,005 objects are deleted');
is(psql_value("SELECT count(*) FROM pds.s3_list('aws', 's3://pds-s3fn/many/', true)"), '0', 'all of them');
is(psql_value("SELECT count(*) FROM pds.s3_delete('aws', 's3://pds-s3fn/many/none')"), '0', 'an object that was not there makes no row');
psql_fails("SELECT * FROM pds.s3_delete('aws', 's3://pds-s3fn/few', pattern => '*')", qr/22023: pattern needs recursive/, 'a pattern is for many');
psql_fails("SELECT * FROM pds.s3_copy('aws', 's3://pds-s3fn/one/', 's3://pds-s3fn/one/more/', true)", qr/22023: source and target overlap/, 'a copy into itself has no end');

# --- copy and sync within S3 -------------------------------------------------------------------------------------
is(psql_value("SELECT target FROM pds.s3_copy('aws', 's3://pds-s3fn/one/a.csv', 's3://pds-s3fn/to/')"), 's3://pds-s3fn/to/a.csv', 'a copy into a folder keeps its name');
is(psql_value("SELECT content_type, metadata->>'author' FROM pds.s3_head('aws', 's3://pds-s3fn/to/a.csv')"), 'text/csv|me', 'its type and metadata');
is(psql_value("SELECT target, bytes FROM pds.s3_copy('aws', 's3://pds-s3fn/one/a.csv', 's3://pds-s3fn/to/b.csv')"), 's3://pds-s3fn/to/b.csv|13', 'or has another');
psql_fails("SELECT * FROM pds.s3_copy('aws', 's3://pds-s3fn/one/none', 's3://pds-s3fn/to/')", qr/42704: s3:\/\/pds-s3fn\/one\/none does not exist/, 'nothing to copy');
my $actions = "SELECT string_agg(action || ' ' || coalesce(source, '-') || ' ' || target, ', ' ORDER BY target) FROM pds.s3_sync('aws', 's3://pds-s3fn/from', 's3://pds-s3fn/into'";
psql_ok("SELECT pds.s3_put('aws', 's3://pds-s3fn/from/' || i, 'v' || i) FROM generate_series(1, 3) i", 'something to sync');
is(psql_value("SELECT count(*) FROM pds.s3_sync('aws', 's3://pds-s3fn/from/', 's3://pds-s3fn/into/')"), '3', 'all is new');
is(psql_value("$actions)"), '', 'nothing is new');
stack_control('modified', { bucket => 'pds-s3fn', time => int(time) - 10 });
psql_ok("SELECT pds.s3_put('aws', 's3://pds-s3fn/from/2', 'vX'), pds.s3_put('aws', 's3://pds-s3fn/from/3', 'longer'), pds.s3_put('aws', 's3://pds-s3fn/into/4', 'v4')", 'changes');
is(psql_value("$actions, true, dry_run => true)"), 'copy s3://pds-s3fn/from/2 s3://pds-s3fn/into/2, copy s3://pds-s3fn/from/3 s3://pds-s3fn/into/3, delete - s3://pds-s3fn/into/4', 'what a sync would do');
is(psql_value("$actions)"), 'copy s3://pds-s3fn/from/2 s3://pds-s3fn/into/2, copy s3://pds-s3fn/from/3 s3://pds-s3fn/into/3', 'what is newer or of another size');
is(psql_value("$actions, true, pattern => '[!4]')"), '', 'a pattern protects at the target, too');
is(psql_value("$actions, true)"), 'delete - s3://pds-s3fn/into/4', 'delete_extra');
is(psql_value("SELECT string_agg(pds.s3_get_text('aws', uri), ',' ORDER BY uri) FROM pds.s3_list('aws', 's3://pds-s3fn/into/')"), 'v1,vX,longer', 'in step');
psql_fails("SELECT * FROM pds.s3_sync('aws', 's3://pds-s3fn/into/x', 's3://pds-s3fn/into', true)", qr/22023: source and target overlap/, 'a sync does not delete its source');
psql_fails("SELECT * FROM pds.s3_sync('aws', '/a', '/b')", qr/22023: source or target must be an S3 location/, 'nor works without S3');

# --- large ones --------------------------------------------------------------------------------------------------
psql_ok("SELECT pds.s3_put('aws', 's3://pds-s3fn/large', decode(string_agg(md5(i::text), '' ORDER BY i), 'hex')) FROM generate_series(1, 1200000) i", '19 MB go by parts');
is(psql_value("SELECT size, etag LIKE '%-3' FROM pds.s3_head('aws', 's3://pds-s3fn/large')"), '19200000|t', 'of a multipart upload');
is(psql_value("SELECT md5(pds.s3_get('aws', 's3://pds-s3fn/large')) = md5(decode(string_agg(md5(i::text), '' ORDER BY i), 'hex')), md5(pds.s3_get('aws', 's3://pds-s3fn/large', 9000000, 16)) = md5(decode(md5('562501'), 'hex')) FROM generate_series(1, 1200000) i"), 't|t', 'and come back');
proxy_rules($proxy, { method => 'HEAD', path => '/large', action => 'header', headers => { 'Content-Length' => '5000000000' } });
psql_fails("SELECT pds.s3_get('slow', 's3://pds-s3fn/large')", qr/54000: s3:\/\/pds-s3fn\/large is too large for a value: 5000000000 bytes.*HINT:.*s3_download/s, 'a value holds less than 1 GB');

# --- failures, cancel --------------------------------------------------------------------------------------------
proxy_rules($proxy, { method => 'PUT', times => 1, action => 'status', status => 503, body => '<Error><Code>SlowDown</Code></Error>' }, { method => 'PUT', times => 1, action => 'refuse' });
is(psql_value("SELECT pds.s3_put('slow', 's3://pds-s3fn/again', 'body')"), '4', 'a put is repeated');
is(psql_value("SELECT pds.s3_get_text('aws', 's3://pds-s3fn/again')"), 'body', 'with its body');
my @puts = grep { $_->{method} eq 'PUT' } proxy_log($proxy);
is(scalar @puts, 3, 'in three attempts');
ok(!(grep { exists $_->{headers}{expect} } @puts), 'none of them asks to continue');
proxy_rules($proxy, { method => 'PUT', action => 'status', status => 403, body => '<Error><Code>AccessDenied</Code><Message>no</Message></Error>' });
psql_fails("SELECT pds.s3_put('slow', 's3://pds-s3fn/x', 'x')", qr/42501: PutObject of s3:\/\/pds-s3fn\/x failed: AccessDenied: no.*HINT:.*s3:PutObject/s, 'AWS refuses');
proxy_rules($proxy, { method => 'PUT', path => 'partNumber=2', action => 'status', status => 403, body => '<Error><Code>AccessDenied</Code></Error>' });
my $uploads = 'print(len(s3.list_multipart_uploads(Bucket="pds-s3fn").get("Uploads", [])))';
my $large = "SELECT pds.s3_put('slow', 's3://pds-s3fn/broken', convert_to(repeat('x', 20000000), 'UTF8'))";
psql_fails($large, qr/42501: UploadPart/, 'a part is refused');
is(boto($uploads), '0', 'and the upload aborted');
proxy_rules($proxy, { method => 'PUT', path => 'partNumber=1', action => 'stall', after => 0, seconds => 30 });
# once the first part stalls, the upload is there and has to be aborted
sub while_it_stalls
{
	my ($how) = @_;
	proxy_rules($proxy, { method => 'PUT', path => 'partNumber=1', action => 'stall', after => 0, seconds => 60 });
	my $b = background("SET application_name = 'uploads'; $large");
	for (1 .. 400) { last if grep { ($_->{action} // '') eq 'stall' } proxy_log($proxy); sleep 0.05 }
	my $start = time;
	psql_value("SELECT pg_${how}_backend(pid) FROM pg_stat_activity WHERE application_name = 'uploads'");
	my (undef, undef, $said) = finish($b);
	return ($said, time - $start);
}
my ($said, $took) = while_it_stalls('cancel');
like($said, qr/ERROR:  57014: canceling statement due to user request/, 'a cancelled upload');
cmp_ok($took, '<', 4, 'ends at once');
is(boto($uploads), '0', 'and is aborted');
($said, undef) = while_it_stalls('terminate');
like($said, qr/FATAL:  57P01: terminating connection due to administrator command/, 'a session that is ended');
is(boto($uploads), '0', 'aborts, too');
is(psql_value("SELECT pds.s3_exists('aws', 's3://pds-s3fn/broken')"), 'f', 'nothing is seen of all that');
proxy_rules($proxy, { method => 'GET', path => 'list-type', skip => 1, action => 'stall', after => 0, seconds => 30 });
my $start = time;
psql_fails("SET statement_timeout = '500ms'; SELECT * FROM pds.s3_list('slow', 's3://pds-s3fn/'); SELECT * FROM pds.s3_list('slow', 's3://pds-s3fn/')", qr/57014/, 'a cancelled listing');
cmp_ok(time - $start, '<', 3, 'ends at once');

# --- presigned URLs ----------------------------------------------------------------------------------------------
my $url = psql_value("SELECT pds.s3_presign('aws', 's3://pds-s3fn/one/a.csv', interval '5 min')");
like($url, qr/X-Amz-Expires=300&.*X-Amz-Signature=/, 'a presigned URL');
unlike($url, qr/\Q$ENV{AWS_SECRET_ACCESS_KEY}\E/, 'without the secret');
is(HTTP::Tiny->new->get($url)->{content}, "id,name\n1,\x{c3}\x{a9}\n", 'is read without a client');
psql_fails("SELECT pds.s3_presign('aws', 's3://pds-s3fn/one/a.csv', '8 days')", qr/22023: a presigned URL is valid/, 'for a week at most');
psql_ok("CREATE SERVER public FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1', endpoint_url '$proxy->{url}', anonymous 'true')", 'an anonymous server');
proxy_rules($proxy);
is(psql_value("SELECT count(*) > 0 FROM pds.s3_list('public', 's3://pds-s3fn/one/')"), 't', 'lists');
ok(!(grep { exists $_->{headers}{authorization} } proxy_log($proxy)), 'without a signature');
psql_fails("SELECT pds.s3_presign('public', 's3://pds-s3fn/one/a.csv')", qr/28000: a URL cannot be presigned without credentials/, 'and has none to give away');
psql_fails("SELECT * FROM pds.session('public')", qr/28000: an anonymous session belongs to no account/, 'it belongs to nobody');

# --- session, default bucket, upload_data ------------------------------------------------------------------------
is(psql_value("SELECT account_id ~ '^[0-9]{12}\$', arn LIKE 'arn:aws:%' || account_id || '%', user_id <> '', region, partition, credentials_source, s3_endpoint, glue_endpoint = s3_endpoint FROM pds.session('aws')"),
	"t|t|t|us-east-1|aws|user mapping|$ENV{AWS_ENDPOINT_URL_S3}|t", 'the session');
my $account = psql_value("SELECT account_id FROM pds.session('aws')");
psql_fails("BEGIN READ ONLY; SELECT pds.default_bucket('aws')", qr/25006/, 'no bucket is made in a read-only transaction');
my ($rc, $out, $err) = psql("SELECT pds.default_bucket('aws')");
is($out, "sagemaker-us-east-1-$account", 'the default bucket');
like($err, qr/NOTICE.*was made/, 'is made');
($rc, $out, $err) = psql("BEGIN READ ONLY; SELECT pds.default_bucket('aws')");
is("$out$err", "sagemaker-us-east-1-$account", 'once');
is(psql_value("SELECT pds.default_bucket('aws', prefix => 'pds-default')"), "pds-default-us-east-1-$account", 'by another name');
proxy_rules($proxy, { method => 'HEAD', path => 'pds-default', action => 'status', status => 403, body => '' });
psql_fails("SELECT pds.default_bucket('slow', prefix => 'pds-default')", qr/42501: bucket "pds-default-us-east-1-$account" belongs to another account/, "another's bucket of that name is not used");
is((proxy_log($proxy))[-1]{headers}{'x-amz-expected-bucket-owner'}, $account, 'S3 is asked for the owner');
is(psql_value("SELECT pds.upload_data('aws', 'bytes'::bytea, 'n.txt'), pds.upload_data('aws', 'bytes'::bytea, 'sub/n.txt', 'pds-s3fn', 'up/')"), "s3://sagemaker-us-east-1-$account/data/n.txt|s3://pds-s3fn/up/sub/n.txt", 'upload_data of bytes');

# --- files of the server -----------------------------------------------------------------------------------------
psql_ok("COPY (SELECT 1) TO PROGRAM 'mkdir -p $dir/in/sub && cd $dir/in && printf one > one.txt && printf two > \"sub/t wo+%.csv\" && ln -s one.txt link && ln -s /etc etc && : > sub/empty'", 'files');
is(psql_value("SELECT action, source, target, bytes FROM pds.s3_upload('aws', '$dir/in/one.txt', 's3://pds-s3fn/files/')"), "upload|$dir/in/one.txt|s3://pds-s3fn/files/one.txt|3", 'a file is uploaded');
is(psql_value("SELECT pds.s3_get_text('aws', 's3://pds-s3fn/files/one.txt'), content_type FROM pds.s3_head('aws', 's3://pds-s3fn/files/one.txt')"), 'one|text/plain', 'as it is');
is(psql_value("SELECT string_agg(target || ' ' || bytes, ', ' ORDER BY target) FROM pds.s3_upload('aws', '$dir/in', 's3://pds-s3fn/files/all', true)"),
	's3://pds-s3fn/files/all/one.txt 3, s3://pds-s3fn/files/all/sub/empty 0, s3://pds-s3fn/files/all/sub/t wo+%.csv 3', 'a folder, links left out');
is(psql_value("SELECT count(*) FROM pds.s3_sync('aws', '$dir/in', 's3://pds-s3fn/files/all')"), '0', 'it is in step');
is(psql_value("SELECT string_agg(target, ', ' ORDER BY target) FROM pds.s3_sync('aws', 's3://pds-s3fn/files/all', '$dir/out')"), "$dir/out/one.txt, $dir/out/sub/empty, $dir/out/sub/t wo+%.csv", 'and downloaded into a new folder');
is(psql_value("SELECT pg_read_file('$dir/out/one.txt'), pg_read_file('$dir/out/sub/t wo+%.csv'), pg_read_file('$dir/out/sub/empty')"), 'one|two|', 'byte for byte');
psql_ok("COPY (SELECT 'x') TO '$dir/out/extra'", 'one file more');
is(psql_value("SELECT action, target FROM pds.s3_sync('aws', 's3://pds-s3fn/files/all', '$dir/out', true)"), "delete|$dir/out/extra", 'is deleted');
is(psql_value("SELECT action, source, target, bytes FROM pds.s3_download('aws', 's3://pds-s3fn/large', '$dir/out/')"), "download|s3://pds-s3fn/large|$dir/out/large|19200000", 'a large object becomes a file');
is(psql_value("SELECT md5(pg_read_binary_file('$dir/out/large')) = md5(pds.s3_get('aws', 's3://pds-s3fn/large')), count(*) FROM pg_ls_dir('$dir/out') f WHERE f LIKE '.%'"), 't|0', 'byte for byte, and nothing beside it');
is(psql_value("SELECT target, bytes FROM pds.s3_upload('aws', '$dir/out/large', 's3://pds-s3fn/files/large')"), 's3://pds-s3fn/files/large|19200000', 'and goes back');
is(psql_value("SELECT md5(pds.s3_get('aws', 's3://pds-s3fn/large')) = md5(pds.s3_get('aws', 's3://pds-s3fn/files/large'))"), 't', 'the same');
is(psql_value("SELECT target FROM pds.s3_download('aws', 's3://pds-s3fn/files/one.txt', '$dir/out/large')"), "$dir/out/large", 'a file is replaced');
is(psql_value("SELECT pg_read_file('$dir/out/large')"), 'one', 'whole');
proxy_rules($proxy, { method => 'GET', path => 'large', action => 'status', status => 403, body => '<Error><Code>AccessDenied</Code></Error>' });
psql_fails("SELECT * FROM pds.s3_download('slow', 's3://pds-s3fn/large', '$dir/out/large')", qr/42501/, 'one that cannot be read');
is(psql_value("SELECT pg_read_file('$dir/out/large'), count(*) FROM pg_ls_dir('$dir/out') f WHERE f LIKE '.%'"), 'one|0', 'leaves the file and nothing else');
is(psql_value("SELECT pds.upload_data('aws', '$dir/in'), pds.upload_data('aws', '$dir/in/one.txt', 'pds-s3fn', NULL)"), "s3://sagemaker-us-east-1-$account/data|s3://pds-s3fn/one.txt", 'upload_data of a folder and a file');
is(psql_value("SELECT count(*) FROM pds.s3_list('aws', 's3://sagemaker-us-east-1-$account/data/', true)"), '4', 'is there');
psql_fails("SELECT * FROM pds.s3_download('aws', 's3://pds-s3fn/files/one.txt', '$dir/in/link')", qr/42809: "$dir\/in\/link" is not a regular file/, 'a link is not replaced');
psql_fails("SELECT * FROM pds.s3_upload('aws', '$dir/in/link', 's3://pds-s3fn/files/')", qr/42809: "$dir\/in\/link" is not a regular file.*HINT:  Symbolic links are not followed/s, 'nor followed');
psql_fails("SELECT * FROM pds.s3_upload('aws', '$dir/in', 's3://pds-s3fn/files/')", qr/42809: "$dir\/in" is not a regular file.*HINT:.*recursive/s, 'a folder is not a file');
psql_fails("SELECT * FROM pds.s3_upload('aws', '$dir/none', 's3://pds-s3fn/files/')", qr/58P01: could not open file/, 'a file that is not there');
psql_fails("SELECT * FROM pds.s3_upload('aws', 'in/one.txt', 's3://pds-s3fn/files/')", qr/42602: "in\/one.txt" is not an absolute path/, 'a relative path');
psql_fails("SELECT * FROM pds.s3_download('aws', 's3://pds-s3fn/files/one.txt', '$dir/in/../x')", qr/42602: .* has "\.\." in it/, 'a path that goes up');
my $data = psql_value('SHOW data_directory');
psql_fails("SELECT * FROM pds.s3_download('aws', 's3://pds-s3fn/files/one.txt', '$data/pg_hba.conf')", qr/42501: .* is in the data directory/, 'the data directory is not written');
psql_fails("SELECT * FROM pds.s3_upload('aws', '$data/PG_VERSION', 's3://pds-s3fn/files/')", qr/42501: .* is in the data directory/, 'nor read');
psql_ok("COPY (SELECT 1) TO PROGRAM 'ln -s $data $dir/data'", 'a way round');
psql_fails("SELECT * FROM pds.s3_download('aws', 's3://pds-s3fn/files/one.txt', '$dir/data/x')", qr/42501: .* is in the data directory/, 'is none');
psql_fails("SELECT * FROM pds.s3_upload('aws', '$data/..', 's3://pds-s3fn/files/', true)", qr/42602/, 'nor is the folder above it');
psql_ok("SELECT pds.s3_put('aws', 's3://pds-s3fn/evil/../../../x', 'x'), pds.s3_put('aws', 's3://pds-s3fn/evil2/etc/x', 'x'), pds.s3_put('aws', 's3://pds-s3fn/marker/', ''), pds.s3_put('aws', 's3://pds-s3fn/marker/a', 'x')", 'names that would lead out');
psql_fails("SELECT * FROM pds.s3_download('aws', 's3://pds-s3fn/evil', '$dir/out', true)", qr/42602: "s3:\/\/pds-s3fn\/evil\/\.\.\/\.\.\/\.\.\/x" cannot be a file/, 'do not, by ".."');
psql_fails("SELECT * FROM pds.s3_download('aws', 's3://pds-s3fn/evil2', '$dir/in', true)", qr/42501: "$dir\/in\/etc" leads out of/, 'nor by a link');
is(psql_value("SELECT target FROM pds.s3_download('aws', 's3://pds-s3fn/marker', '$dir/marker', true)"), "$dir/marker/a", 'the marker of a folder is no file');

# --- whose rights ------------------------------------------------------------------------------------------------
psql_ok("CREATE ROLE $_ LOGIN", "role $_") for @roles;
psql_ok('GRANT USAGE ON FOREIGN SERVER aws TO pds_s3_reader, pds_s3_writer, pds_s3_files; GRANT pg_read_server_files TO pds_s3_files;'
	  . 'GRANT EXECUTE ON FUNCTION pds.s3_put(name, text, text, text, jsonb, text, boolean), pds.s3_upload(name, text, text, boolean, text, boolean), pds.s3_download(name, text, text, boolean, text, boolean), pds.s3_sync(name, text, text, boolean, text, boolean), pds.upload_data(name, text, text, text) TO pds_s3_writer, pds_s3_files;'
	  . join ';', map { "CREATE USER MAPPING FOR $_ SERVER aws OPTIONS (access_key_id '$ENV{AWS_ACCESS_KEY_ID}', secret_access_key '$ENV{AWS_SECRET_ACCESS_KEY}')" } @roles);
sub as { my ($role, $sql) = @_; return "SET SESSION AUTHORIZATION $role; $sql" }
is(psql_value(as('pds_s3_reader', "SELECT pds.s3_get_text('aws', 's3://pds-s3fn/files/one.txt'), count(*) > 0 FROM pds.s3_list('aws', 's3://pds-s3fn/')")), 'one|t', 'who may use the server may read');
psql_fails(as('pds_s3_reader', "SELECT pds.s3_put('aws', 's3://pds-s3fn/r', 'x')"), qr/42501: permission denied for function s3_put/, 'but not write');
psql_fails(as('pds_s3_reader', "SELECT $_"), qr/42501: permission denied for function/, "nor: $_")
  for "pds.s3_delete('aws', 's3://pds-s3fn/r')", "pds.s3_delete('aws', ARRAY['s3://pds-s3fn/r'])", "pds.s3_copy('aws', 's3://pds-s3fn/r', 's3://pds-s3fn/s')", "pds.s3_sync('aws', 's3://pds-s3fn/r', 's3://pds-s3fn/s')", "pds.s3_upload('aws', '/a', 's3://pds-s3fn/s')", "pds.s3_download('aws', 's3://pds-s3fn/s', '/a')",
  "pds.s3_create_bucket('aws', 'x')", "pds.s3_delete_bucket('aws', 'x')", "pds.s3_put('aws', 's3://pds-s3fn/r', 'x'::bytea)", "pds.default_bucket('aws')", "pds.upload_data('aws', '/a')", "pds.upload_data('aws', 'x'::bytea, 'n')";
is(psql_value(as('pds_s3_writer', "SELECT pds.s3_put('aws', 's3://pds-s3fn/r', 'x')")), '1', 'unless it was granted');
psql_fails(as('pds_s3_none', "SELECT pds.$_"), qr/42501: permission denied for foreign server aws/, "without USAGE: $_") for "s3_get('aws', 's3://pds-s3fn/files/one.txt')", "s3_head('aws', 's3://pds-s3fn/files/one.txt')", "s3_exists('aws', 's3://pds-s3fn')", "session('aws')", "s3_presign('aws', 's3://pds-s3fn/x')";
psql_fails(as('pds_s3_writer', "SELECT * FROM pds.s3_upload('aws', '$dir/in/one.txt', 's3://pds-s3fn/files/')"), qr/42501: permission denied to read files of the server.*HINT:.*pg_read_server_files/s, 'files of the server have rights of their own');
psql_fails(as('pds_s3_writer', "SELECT pds.upload_data('aws', '$dir/in/one.txt')"), qr/42501: permission denied to read files/, 'for upload_data, too');
psql_fails(as('pds_s3_writer', "SELECT * FROM pds.s3_sync('aws', '$dir/in', 's3://pds-s3fn/files/')"), qr/42501: permission denied to read files/, 'and for sync');
is(psql_value(as('pds_s3_files', "SELECT target FROM pds.s3_upload('aws', '$dir/in/one.txt', 's3://pds-s3fn/files/')")), 's3://pds-s3fn/files/one.txt', 'pg_read_server_files may upload');
psql_fails(as('pds_s3_files', "SELECT * FROM pds.s3_download('aws', 's3://pds-s3fn/files/one.txt', '$dir/x')"), qr/42501: permission denied to write files of the server/, 'but not download');
psql_fails("SELECT pds.s3_get('nowhere', 's3://a/b')", qr/42704: server "nowhere" does not exist/, 'a server that is not there');

# --- awswrangler agrees ------------------------------------------------------------------------------------------
my $tests = `"\${PDS_TOP:-.}"/test/stack/venv tests 2>/dev/null`;
chomp $tests;
SKIP:
{
	skip 'the judges are not installed', 3 unless $tests && -x $tests;
	local $ENV{PDS_STACK_PYTHON} = $tests;
	psql_ok("SELECT pds.s3_put('aws', 's3://pds-s3fn/wr/p=1/a b.csv', E'id,name\\n1,\"x,y\"\\n2,\\u00fc\\n')", 'a CSV file');
	is(run_python(<<'PY'), q(s3://pds-s3fn/wr/p=1/a b.csv [[1, 'x,y'], [2, 'ü']]), 'awswrangler lists and reads it');
import awswrangler as wr
print(*wr.s3.list_objects("s3://pds-s3fn/wr/"), wr.s3.read_csv("s3://pds-s3fn/wr/p=1/a b.csv").values.tolist())
import pandas
wr.s3.to_csv(pandas.DataFrame({"a": [1, 2], "b": ["u", None]}), "s3://pds-s3fn/wr/q.csv", index=False)
PY
	is(psql_value("SELECT pds.s3_get_text('aws', 's3://pds-s3fn/wr/q.csv')"), "a,b\n1,u\n2,\n", 'and what it writes is read here');
}

# --- a store that checks signatures ------------------------------------------------------------------------------
SKIP:
{
	skip 'versitygw is not running (test/stack/up --versitygw)', 7 unless $ENV{PDS_VERSITYGW_URL};
	psql_ok("CREATE SERVER strict FOREIGN DATA WRAPPER pds_fdw OPTIONS (region 'us-east-1', endpoint_url '$ENV{PDS_VERSITYGW_URL}');"
		  . "CREATE USER MAPPING FOR CURRENT_USER SERVER strict OPTIONS (access_key_id '$ENV{PDS_VERSITYGW_ACCESS_KEY}', secret_access_key '$ENV{PDS_VERSITYGW_SECRET_KEY}')", 'a strict store');
	psql_ok("SELECT pds.s3_create_bucket('strict', 'pds-s3fn', exist_ok => true)", 'takes a bucket');
	is(psql_value("SELECT pds.s3_put('strict', 's3://pds-s3fn/a b+%/\x{c3}\x{bc}', 'x', metadata => '{\"a\": \"b  c\"}'), pds.s3_put('strict', 's3://pds-s3fn/large', convert_to(repeat('x', 20000000), 'UTF8'))"), '1|20000000', 'objects, small and by parts');
	is(psql_value("SELECT length(pds.s3_get('strict', 's3://pds-s3fn/large')), pds.s3_get_text('strict', 's3://pds-s3fn/a b+%/\x{c3}\x{bc}')"), '20000000|x', 'gives them back');
	is(psql_value("SELECT count(*) FROM pds.s3_copy('strict', 's3://pds-s3fn/a b+%/', 's3://pds-s3fn/copy', true)"), '1', 'copies');
	is(HTTP::Tiny->new->get(psql_value("SELECT pds.s3_presign('strict', 's3://pds-s3fn/a b+%/\x{c3}\x{bc}')"))->{content}, 'x', 'believes a presigned URL');
	is(psql_value("SELECT count(*) FROM pds.s3_delete('strict', 's3://pds-s3fn/', true)"), '3', 'and deletes');
}

# --- the end -----------------------------------------------------------------------------------------------------
psql_fails("SELECT pds.s3_delete_bucket('aws', 'pds-s3fn')", qr/2BP01: DeleteBucket.*BucketNotEmpty.*HINT:  Delete its objects first/s, 'a bucket with objects is kept');
psql_ok("SELECT count(*) FROM pds.s3_delete('aws', 's3://pds-s3fn/', true)", 'emptied');
is(psql_value("SELECT pds.s3_delete_bucket('aws', 'pds-s3fn'), pds.s3_delete_bucket('aws', 'pds-s3fn', missing_ok => true)"), 't|f', 'it goes');
psql_fails("SELECT pds.s3_delete_bucket('aws', 'pds-s3fn')", qr/42704: bucket "pds-s3fn" does not exist/, 'once');

psql_ok("COPY (SELECT 1) TO PROGRAM 'rm -rf $dir'", 'files are gone');
stop_proxy($proxy);
psql_ok('DROP SERVER aws CASCADE; DROP SERVER slow CASCADE; DROP OWNED BY ' . join(', ', @roles) . '; DROP ROLE ' . join(', ', @roles), 'roles are gone');
done_testing();
