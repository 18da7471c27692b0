"""What moto's Glue lacks: lower-case names, paging, segments, column statistics."""

import base64
import binascii
import json
import zlib

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.glue.responses import GlueResponse

from . import storage
from .athena_api import count_calls

LISTS = {"get_databases": ("DatabaseList", 100), "get_tables": ("TableList", 100),
         "get_partitions": ("Partitions", 1000)}


# Glue fills in what a StorageDescriptor was created without; moto gives back what it got.
DESCRIPTOR_DEFAULTS = {"Columns": [], "Compressed": False, "NumberOfBuckets": 0, "BucketColumns": [], "SortColumns": [],
                       "Parameters": {}, "StoredAsSubDirectories": False}
COMPLETED = {"get_table": "Table", "get_tables": "TableList", "get_partition": "Partition",
             "get_partitions": "Partitions", "batch_get_partition": "Partitions"}


def install():
    for name, member in COMPLETED.items():
        setattr(GlueResponse, name, with_defaults(name, getattr(GlueResponse, name), member))
    GlueResponse.parameters = property(lambda response: lowered(json.loads(response.body or "{}")))
    for name, (member, most) in LISTS.items():
        setattr(GlueResponse, name, paged(name, getattr(GlueResponse, name), member, most))
    for operation in ("get", "update", "delete"):
        for subject in ("table", "partition"):
            name = f"{operation}_column_statistics_for_{subject}"
            setattr(GlueResponse, name, STATISTICS[operation])
    GlueResponse.get_user_defined_functions = lambda response: json.dumps({"UserDefinedFunctions": []})
    count_calls(GlueResponse)


def lowered(body):
    """Glue folds the names of databases and tables; whatever else is called Name stays."""
    for member in ("DatabaseName", "TableName"):
        if isinstance(body.get(member), str):
            body[member] = body[member].lower()
    for member in ("DatabaseInput", "TableInput"):
        if isinstance(body.get(member, {}).get("Name"), str):
            body[member]["Name"] = body[member]["Name"].lower()
    # Get/Delete/UpdateDatabase and Get/DeleteTable say just Name; so do crawlers, jobs, …, whose names keep their case.
    if isinstance(body.get("Name"), str) and set(body) <= {
            "Name", "CatalogId", "DatabaseName", "DatabaseInput", "TransactionId", "QueryAsOfTime",
            "IncludeStatusDetails", "AttributesToGet"} and ("DatabaseName" in body or "DatabaseInput" in body
                                                           or body["Name"].lower() in storage.glue().databases):
        body["Name"] = body["Name"].lower()
    if isinstance(body.get("TablesToDelete"), list):
        body["TablesToDelete"] = [name.lower() for name in body["TablesToDelete"]]
    return body


def completed(item):
    if not item.get("StorageDescriptor"):
        return item
    return {**item, "StorageDescriptor": {**DESCRIPTOR_DEFAULTS, **item["StorageDescriptor"]}}


def with_defaults(action, original, member):
    def respond(response):
        found = original(response).result[member]
        answer = {member: completed(found) if isinstance(found, dict) else [completed(f) for f in found]}
        if action == "batch_get_partition":
            answer["UnprocessedKeys"] = []
        return ActionResult(answer)
    respond.__name__ = action
    return respond


def paged(action, original, member, most):
    def respond(response):
        body = response.parameters
        size = body.get("MaxResults") or most
        if not 1 <= size <= most:
            raise JsonRESTError("ValidationException", "1 validation error detected: Value at 'maxResults' failed to "
                                f"satisfy constraint: Member must have value between 1 and {most}")
        items = original(response).result[member]
        if action == "get_partitions":
            items = [item for item in items if in_segment(item["Values"], body.get("Segment"))]
            if body.get("ExcludeColumnSchema"):
                items = [without_columns(item) for item in items]
        if body.get("AttributesToGet"):
            kept = {"NAME": "Name", "TABLE_TYPE": "TableType", "TARGET_DATABASE": "TargetDatabase"}
            names = {kept[a] for a in body["AttributesToGet"] if a in kept} | {"Name"}
            items = [{name: value for name, value in item.items() if name in names} for item in items]
        # The token names the question too: one of another table or segment is refused, as Glue does.
        question = zlib.crc32(json.dumps([action] + [body.get(name) for name in (
            "DatabaseName", "TableName", "Expression", "Segment")]).encode())
        start = read_token(body["NextToken"], question) if body.get("NextToken") else 0
        answer = {member: items[start:start + size]}
        if start + size < len(items):
            answer["NextToken"] = base64.b64encode(f"{question}:{start + size}".encode()).decode()
        return ActionResult(answer)
    respond.__name__ = action
    return respond


def read_token(token, question):
    try:
        owner, _, start = base64.b64decode(token, validate=True).decode().partition(":")
        if int(owner) == question:
            return int(start)
    except (ValueError, binascii.Error, UnicodeDecodeError):
        pass
    raise JsonRESTError("InvalidInputException", "Invalid pagination token")


def in_segment(values, segment):
    if not segment:
        return True
    number, total = segment.get("SegmentNumber", 0), segment.get("TotalSegments", 1)
    if not (1 <= total <= 10 and 0 <= number < total):
        raise JsonRESTError("InvalidInputException", "Invalid segment")
    return zlib.crc32("\0".join(values).encode()) % total == number


def without_columns(partition):
    descriptor = {name: value for name, value in partition.get("StorageDescriptor", {}).items() if name != "Columns"}
    return {**partition, "StorageDescriptor": descriptor}


def statistics_of(body):
    """The {column: statistics} of a table or partition; kept on moto's object, so they go when it goes."""
    owner = storage.glue().get_table(body["DatabaseName"], body["TableName"])
    if "PartitionValues" in body:
        owner = owner.get_partition(body["PartitionValues"])
    if not hasattr(owner, "column_statistics"):
        owner.column_statistics = {}
    return owner.column_statistics


def get_statistics(response):
    body = response.parameters
    known = statistics_of(body)
    return json.dumps({"ColumnStatisticsList": [known[n] for n in body.get("ColumnNames", []) if n in known],
                       "Errors": []})


def update_statistics(response):
    body = response.parameters
    statistics_of(body).update({entry["ColumnName"]: entry for entry in body.get("ColumnStatisticsList", [])})
    return json.dumps({"Errors": []})


def delete_statistics(response):
    """Absent ones are no error: Trino deletes those of every column of a table that it makes with partitions."""
    body = response.parameters
    statistics_of(body).pop(body["ColumnName"], None)
    return "{}"


STATISTICS = {"get": get_statistics, "update": update_statistics, "delete": delete_statistics}
