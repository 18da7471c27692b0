"""Rows of S3: listings, and objects that are compressed."""
import gzip
import struct
from functools import lru_cache

from faults import body, by_turns, replace
from table import ALL, ATHENA, CODECS, HTML, LIST, TEXT, XML, fails, on, packed, row, rows

# ---- listings ----

def listing(*inner, truncated="false", token=None):
    return body("".join(["<?xml version='1.0'?><ListBucketResult>", f"<IsTruncated>{truncated}</IsTruncated>",
                         f"<NextContinuationToken>{token}</NextContinuationToken>" if token else "", *inner, "</ListBucketResult>"]))


def entry(key="d/a.csv", size="8", etag="&quot;e&quot;", more=""):
    return f"<Contents><Key>{key}</Key><Size>{size}</Size><ETag>{etag}</ETag>{more}</Contents>"


def numbered(objects=True):
    n = iter(range(10 ** 9))

    def do(reply, request):
        listing(entry(f"d/{next(n)}.csv") if objects else "", truncated="true", token=f"t{next(n)}")(reply, request)
    return do


def listing_rows():
    for name, text in (("a list of buckets", "<ListAllMyBucketsResult/>"), ("an error", "<Error><Code>AccessDenied</Code></Error>"),
                       ("HTML", HTML), ("nothing", ""), ("JSON", '{"ok":true}'), ("blanks", " \n "), ("text", "ok"), ("NULs", "\0" * 100),
                       ("half a tag", "<ListBucketResult><Contents><Ke"), ("two roots", "<ListBucketResult/><ListBucketResult/>"),
                       ("UTF-16", b"\xff\xfe<\0a\0/\0>\0"), ("bad UTF-8", b"<ListBucketResult>\xff\xfe</ListBucketResult>")):
        yield row(f"listing: {name}", LIST, fails(XML), on("ListObjectsV2", body(text)))
        yield row(f"TRUNCATE: listing is {name}", "TRUNCATE d", fails(XML), on("ListObjectsV2", body(text)))
    yield row("listing: empty", ALL, rows(""), on("ListObjectsV2", listing()))
    yield row("listing: the same token", LIST, fails("08P01: .*same token"), on("ListObjectsV2", listing(entry(), truncated="true", token="A")))
    yield row("listing: two tokens by turns", LIST, fails("08P01: .*token"), on("ListObjectsV2", by_turns(*(
        listing(entry(f"d/{i}.csv"), truncated="true", token="AB"[i % 2]) for i in range(60)))), within=8)
    # a list of a million pages, or ten thousand empty ones, is taken for endless (test_replies.c): till then the user's patience counts
    yield row("listing: always a new token", LIST, fails("57014"), on("ListObjectsV2", numbered()), timeout=1500)
    yield row("listing: empty pages and always a new token", LIST, fails("57014"), on("ListObjectsV2", numbered(False)), timeout=1500)
    yield row("listing: a scan of empty pages for ever", ALL, fails("57014"), on("ListObjectsV2", numbered(False)), timeout=1500)
    yield row("listing: goes on without a token", LIST, fails("08P01: .*goes on"), on("ListObjectsV2", listing(entry(), truncated="true")))
    yield row("listing: IsTruncated maybe", LIST, fails("08P01: .*IsTruncated"), on("ListObjectsV2", listing(entry(), truncated="maybe")))
    yield row("listing: a key twice", "SELECT count(*) FROM d", rows("2"), on("ListObjectsV2", body(
        lambda b: b.replace(b"</Contents>", b"</Contents>" + b[b.index(b"<Contents>"):b.index(b"</Contents>") + 11]))))
    yield row("listing: overlapping pages", "SELECT string_agg(l.name, ' ') FROM pds.s3_list('$h', 's3://b/d/') l", rows("a b c d"),
              on("ListObjectsV2", by_turns(listing(entry("d/a"), entry("d/b"), entry("d/c"), truncated="true", token="A"),
                                           listing(entry("d/b"), entry("d/c"), entry("d/d")))))
    for size in ("-1", "abc", "", "8.5", "0x8", "99999999999999999999", " 8", "1e3"):
        yield row(f"listing: size {size!r}", ALL, fails("08P01: .*size"), on("ListObjectsV2", listing(entry(size=size))))
    yield row("listing: no size", ALL, fails("08P01: .*size"), on("ListObjectsV2", listing("<Contents><Key>d/a.csv</Key></Contents>")))
    yield row("listing: no key", ALL, fails("08P01: .*key"), on("ListObjectsV2", listing("<Contents><Size>8</Size></Contents>")))
    yield row("listing: a size that is too small", ALL, fails("08P01|22P04|XX001|40001"), on("ListObjectsV2", replace("<Size>8<", "<Size>5<")))
    yield row("listing: a size that is too large", ALL, fails("08P01|40001|08006"), on("ListObjectsV2", replace("<Size>8<", "<Size>80<")))
    yield row("listing: 4 EB", ALL, fails("08P01|40001|08006|54000"), on("ListObjectsV2", replace("<Size>8<", "<Size>4611686018427387904<")), within=6)
    for name, key in (("outside of the prefix", "other/x.csv"), ("up and away", "../x.csv"), ("an empty key", ""), ("a key of bad UTF-8", "d/%FF%FE.csv")):
        yield row(f"listing: {name}", ALL, fails("08P01|22021|42704"), on("ListObjectsV2", replace("<Key>d/a.csv<", f"<Key>{key}<")))
    yield row("listing: a NUL in a key", ALL, fails("08P01: .*zero byte"), on("ListObjectsV2", replace("<Key>d/a.csv<", "<Key>d/%00.csv<")))
    yield row("listing: a line break in a key", ALL, fails("42704|08P01"), on("ListObjectsV2", replace("<Key>d/a.csv<", "<Key>d/%0D%0AX.csv<")))
    yield row("listing: a control character in a name shown", "SELECT l.uri FROM pds.s3_list('$h', 's3://b/d/') l", rows("s3://b/d/\x1b[2J.csv"),
              on("ListObjectsV2", replace("<Key>d/a.csv<", "<Key>d/%1B%5B2J.csv<")))
    yield row("listing: a key that is not encoded as it says", ALL, fails("42704|08P01"), on("ListObjectsV2", replace("<Key>d/a.csv<", "<Key>d/%zz%4.csv<")))
    yield row("listing: a key of 3 MB", ALL, fails("54000: the URL for GetObject would have"), on("ListObjectsV2", listing(entry("d/" + "k" * 3000000))), memory=96)
    yield row("listing: a bomb of entities", LIST, fails(XML), on("ListObjectsV2", body(
        "<!DOCTYPE a [<!ENTITY a '" + "x" * 1000 + "'>" + "".join(f"<!ENTITY {b} '&{a};&{a};&{a};&{a};&{a};&{a};&{a};&{a};&{a};&{a};'>"
                                                                for a, b in zip("abcdefgh", "bcdefghi")) + "]><ListBucketResult>&i;</ListBucketResult>")))
    yield row("listing: an entity of a file", LIST, fails(XML + "|08P01"), on("ListObjectsV2", body(
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><ListBucketResult><Contents><Key>&x;</Key></Contents></ListBucketResult>")))
    yield row("listing: a million elements deep", LIST, fails("08P01"), on("ListObjectsV2", body("<ListBucketResult>" + "<a>" * 1000000)), memory=128)
    yield row("listing: deep and well-formed", LIST, fails("08P01"), on("ListObjectsV2", listing("<a>" * 100000 + "</a>" * 100000)), memory=128)
    yield row("listing: a name of 1 MB", LIST, fails("08P01"), on("ListObjectsV2", body("<" + "a" * 1000000 + "/>")))
    yield row("listing: 100,000 attributes", LIST, fails("08P01"), on("ListObjectsV2", body(
        "<ListBucketResult " + " ".join(f"a{i}='1'" for i in range(100000)) + "><x>")), memory=96)
    yield row("listing: an encoding nobody knows", LIST, rows("0"), on("ListObjectsV2", body("<?xml version='1.0' encoding='x-nope'?><ListBucketResult/>")))
    many = listing(*(entry(f"d/_{i:06d}") for i in range(100000, 300000)), truncated="true", token="A")
    yield row("listing: out of order behind more than is remembered", ALL, fails("08P01: .*not in the order of keys"),
              on("ListObjectsV2", by_turns(many, many, listing(entry("d/_0")))), memory=256, within=8)
    yield row("listing: an ETag with a line break", ALL, fails("08P01: .*ETag"), on("ListObjectsV2", listing(entry(etag="&quot;e&quot;&#13;&#10;X: 1"))))
    yield row("listing: 200,000 objects on a page", LIST, rows("200000"), on("ListObjectsV2", listing(*(entry(f"d/{i:06d}") for i in range(100000, 300000)))),
              memory=200, within=10)


# ---- codecs ----

def codec_rows():
    for kind in CODECS:
        good = packed(kind, TEXT)
        sql = f"SELECT a, b FROM {kind} ORDER BY a"

        def replaced(data, kind=kind):
            return lambda w: w.put(f"b/{kind}/a.csv.{kind}", data)

        yield row(f"{kind}: as it is", sql, rows("1|x\n2|y"))
        bad = "XX001|22P04|08P01|54000"
        yield row(f"{kind}: cut in the middle", sql, fails(bad), world=replaced(good[:len(good) // 2]))
        yield row(f"{kind}: the last byte is missing", sql, fails(bad), world=replaced(good[:-1]))
        yield row(f"{kind}: the first byte only", sql, fails(bad), world=replaced(good[:1]))
        yield row(f"{kind}: plain text", sql, fails(bad), world=replaced(TEXT))
        if kind not in ("lz4", "snappy"):
            at = len(good) // 2
            yield row(f"{kind}: a byte changed", sql, fails(bad), world=replaced(good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1:]))
            yield row(f"{kind}: NULs", sql, fails(bad), world=replaced(b"\0" * 1000))
        # as gzip itself and Java's streams have it: what follows the last member counts when it is one
        yield row(f"{kind}: text behind it", sql, rows("1|x\n2|y") if kind == "gz" else fails(bad), world=replaced(good + b"junk behind it"))
        if kind != "deflate":
            yield row(f"{kind}: two joined", sql, rows("1|x\n1|x\n2|y\n2|y"), world=replaced(good + good))
        yield row(f"{kind}: a second one that is cut", sql, fails(bad), world=replaced(good + good[:len(good) // 2]))
    yield row("gzip: a bomb of one record", "SELECT count(b) FROM gz", fails("54000"), memory=330, within=20,
              world=lambda w: w.put("b/gz/a.csv.gz", bomb()))
    yield row("gzip: a bomb of many records", "SELECT count(b) FROM gz", rows("26214400"), memory=96, within=30,
              world=lambda w: w.put("b/gz/a.csv.gz", records()))
    for kind, claim in (("lz4", struct.pack(">II", 0xffffffff, 0xffffffff)), ("snappy", struct.pack(">II", 0x7fffffff, 0x7fffffff)),
                        ("lz4", struct.pack(">II", 1 << 27, 10) + b"\xff" * 10), ("snappy", struct.pack(">II", 1 << 27, 10) + b"\xff" * 10)):
        yield row(f"{kind}: claims {claim[:8].hex()}", f"SELECT a FROM {kind}", fails("XX001|22P04|08P01"), world=lambda w, k=kind, c=claim:
                  w.put(f"b/{k}/a.csv.{k}", c + b"x" * 64))
    yield row("zstd: a window of 2 GB", "SELECT a FROM zst", fails("XX001|54000"), world=lambda w: w.put(
        "b/zst/a.csv.zst", b"\x28\xb5\x2f\xfd\x00\xa8" + b"\x00" * 20))


@lru_cache(None)
def bomb():
    return gzip.compress(b"," * (128 << 20), 6, mtime=0)


@lru_cache(None)
def records():
    return gzip.compress(b"1,x\n" * (25 << 20), 6, mtime=0)


def answer_rows():
    """What is written, and results of queries."""
    put = "SELECT pds.s3_put('$h', 's3://b/new.txt', 'x') IS NOT NULL"
    yield row("put: taken", put, rows("t"))
    yield row("put: a page of HTML and an ETag", put, fails("08P01: the reply to PutObject .* is not what it should be"),
              on("PutObject", body(HTML)))
    yield row("insert: a page of HTML and an ETag", "INSERT INTO d VALUES (9, 'z')", fails("08P01: the reply to PutObject"),
              on("PutObject", body(HTML)))
    count = "SELECT count(*) FROM r WHERE random() >= 0"

    def result(text):
        return lambda w: setattr(w, "result", text.encode())

    yield row("result: counted", count, rows("2"), world=result('"_col0"\n"1"\n"1"\n'))
    cut_off = "08P01: the result of the query is not whole: "
    yield row("result: counted, a field too many", count, fails(cut_off + "a record of it has 2 fields"), world=result('"_col0"\n"1"\n"1","2"\n'))
    yield row("result: counted, a label too many", count, fails(cut_off + "its first line"), world=result('"_col0","b"\n"1","2"\n'))
    yield row("result: counted, no end", count, fails(cut_off + "its last record"), world=result('"_col0"\n"1"\n"1'))
    yield row("result: other labels", ATHENA, fails(cut_off + "its first line"), world=result('"b","a"\n"1","x"\n'))


GROUPS = {"answers": answer_rows, "listings": listing_rows, "codecs": codec_rows}
