"""Worlds of which nothing is stored, for tests of plans and of size (server.py WORLD ...)."""
import re
from urllib.parse import quote

import table
from services import LAZY, Listed, World, contents, of_json, xml


class Sizes(World):
    """sizes: below a prefix that begins with a number lies one object of so many bytes, which nobody can read."""

    def ListObjectsV2(self, r):
        prefix = r.query.get("prefix", [""])[0]
        size = re.search(r"\d+", prefix)
        return xml("ListBucketResult", "<IsTruncated>false</IsTruncated>" + contents(prefix + "a.csv", Listed(b"", etag='"e"', size=int(size[0]) if size else 0)))


class Partitions(World):
    """partitions COUNT LOCATION: table big.t (column a int; keys d int, h string) with so many (d = 0 .. COUNT - 1, h = "x"), at LOCATION/d=N/h=x/.

    Pages of at most 1,000; segments overlap: each also gives the first partition of the next one.  Expressions "d = N" are evaluated, others are not.
    """

    def __init__(self, count, location):
        super().__init__()
        self.count, self.location = int(count), location.rstrip("/")
        self.databases = ["big"]
        self.tables["t"] = {"Name": "t", "DatabaseName": "big", "TableType": "EXTERNAL_TABLE", "Parameters": {},
                            "PartitionKeys": [{"Name": "d", "Type": "int"}, {"Name": "h", "Type": "string"}],
                            "StorageDescriptor": self.descriptor(self.location + "/", True)}

    def descriptor(self, location, columns):
        d = {"Location": location, "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
             "SerdeInfo": {"SerializationLibrary": LAZY, "Parameters": {"field.delim": ","}},
             "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"}
        if columns:
            d["Columns"] = [{"Name": "a", "Type": "int"}]
        return d

    def partition(self, n, columns):
        return {"Values": [str(n), "x"], "DatabaseName": "big", "TableName": "t", "Parameters": {"numRows": "1"},
                "StorageDescriptor": self.descriptor(f"{self.location}/d={n}/h=x/", columns)}

    def GetPartitions(self, r):
        q = r.json
        found = re.search(r"\bd = (\d+)", q.get("Expression", ""))
        segment = q.get("Segment", {"SegmentNumber": 0, "TotalSegments": 1})
        number, total = segment["SegmentNumber"], segment["TotalSegments"]
        first, end = self.count * number // total, min(self.count * (number + 1) // total + 1, self.count)
        if found:
            first, end = int(found[1]), min(int(found[1]) + 1, self.count)
        start = int(q.get("NextToken", first))
        stop = min(start + min(q.get("MaxResults", 100), 1000), end)
        reply = {"Partitions": [self.partition(n, not q.get("ExcludeColumnSchema")) for n in range(start, stop)]}
        if stop < end:
            reply["NextToken"] = str(stop)
        return of_json(reply)

    def BatchGetPartition(self, r):
        return of_json({"Partitions": [self.partition(int(p["Values"][0]), True) for p in r.json["PartitionsToGet"]]})


class Tables(World):
    """tables: what every row of table.py finds; an execution whose statement says "for ever" does not end."""

    def __init__(self):
        super().__init__()
        table.furnish(self)

    def StartQueryExecution(self, r):
        reply = super().StartQueryExecution(r)
        for e in self.executions.values():
            e["for_ever"] = "for ever" in e["sql"]
        return reply

    def ListMultipartUploads(self, r):
        """A page has one upload; it was begun long ago where its name says "old"."""
        prefix, marker = r.query.get("prefix", [""])[0], r.query.get("upload-id-marker", [""])[0]
        there = [u for u in sorted(self.uploads) if self.keys_of[u].startswith(prefix) and u > marker]
        begun = "2020-01-01T00:00:00.000Z" if there and "old" in self.keys_of[there[0]] else "2999-01-01T00:00:00.000Z"
        more = len(there) > 1
        return xml("ListMultipartUploadsResult", [f"<IsTruncated>{str(more).lower()}</IsTruncated>", *(
            f"<Upload><Key>{self.keys_of[u]}</Key><UploadId>{u}</UploadId><Initiated>{begun}</Initiated></Upload>"
            + f"<NextKeyMarker>{self.keys_of[u]}</NextKeyMarker><NextUploadIdMarker>{u}</NextUploadIdMarker>" for u in there[:1])])


class Results(World):
    """results FILE: Athena answers every statement with the file, which is the object b/same/result.csv as well."""

    def __init__(self, path):
        super().__init__()
        with open(path, "rb") as f:
            self.result = f.read()
        self.put("b/same/result.csv", self.result)
        self.put("b/results/", b"")

    def put(self, name, data, **said):
        super().put(name, data, **({"etag": '"result"'} | said))


class Lake(Partitions):
    """lake PARTITIONS OBJECTS TABLES: Partitions with so many objects of three lines in each, and so many other tables in database many.

    In bucket overlap each page begins with the last key of the one before; behind 5,000 objects, in bucket broken a page is no listing, and in bucket circle
    gives the token that it was asked for by.  In bucket disorder pages go backwards, those behind 5,000 objects do not, and overlap.
    """

    LINES = b"1\n2\n3\n"

    def __init__(self, count, objects, tables):
        super().__init__(count, "s3://b/t")
        self.each, self.others = int(objects), int(tables)
        self.names = sorted(str(d) for d in range(self.count))
        self.databases.append("many")

    def ListObjectsV2(self, r):
        prefix = r.query.get("prefix", [""])[0]
        after = r.query.get("continuation-token", r.query.get("start-after", [""]))[0]
        # keys ascend as text does, so partitions go by their texts
        names = [n for n in self.names if f"t/d={n}/h=x/".startswith(prefix)]
        first = 0
        if after:
            d, n = re.match(r"t/d=(\d+)/h=x/(\d+)", after).groups()
            first = names.index(d) * self.each + int(n) + 1
        late = first >= 5000
        if late and r.bucket == "broken":
            return xml("Nonsense", "")
        if r.bucket == "overlap" and after or r.bucket == "disorder" and late:
            first -= 1
        end = min(first + 1000, len(names) * self.each)
        found = [f"t/d={names[i // self.each]}/h=x/{i % self.each:05d}.csv" for i in range(first, end)]
        more = end < len(names) * self.each
        o = Listed(self.LINES)
        circle = late and r.bucket == "circle"
        more, token = more or circle, after if circle else found[-1]
        if r.bucket == "disorder" and not late:
            found.reverse()
        return xml("ListBucketResult", [
            f"<Name>b</Name><Prefix>{quote(prefix)}</Prefix><KeyCount>{len(found)}</KeyCount><EncodingType>url</EncodingType><IsTruncated>{str(more).lower()}</IsTruncated>",
            f"<NextContinuationToken>{token}</NextContinuationToken>" if more else "", *(contents(k, o) for k in found)])

    def GetObject(self, r):
        self.objects = {f"{r.bucket}/{r.key}": Listed(self.LINES)}
        return super().GetObject(r)

    def GetTables(self, r):
        if r.json["DatabaseName"] != "many":
            return super().GetTables(r)
        start = int(r.json.get("NextToken", 0))
        stop = min(start + 100, self.others)
        reply = {"TableList": [{**self.tables["t"], "Name": f"t{i}", "DatabaseName": "many", "PartitionKeys": []} for i in range(start, stop)]}
        if stop < self.others:
            reply["NextToken"] = str(stop)
        return of_json(reply)


WORLDS = {"results": Results, "lake": Lake, "tables": Tables, "sizes": Sizes, "partitions": Partitions}
