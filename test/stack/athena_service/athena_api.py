"""The calls of Athena's JSON protocol, put over moto's fakes of the same names."""

import json
import re

from moto.athena.models import athena_backends
from moto.athena.responses import AthenaResponse
from moto.core import DEFAULT_ACCOUNT_ID

from . import faults, hive_ddl, statements, storage, workgroups
from .errors import ApiError, QueryFailed, invalid_request
from .executions import STOPPED, Execution
from .results import PAGE_ROWS

CATALOG = "AwsDataCatalog"
MAX_QUERY_BYTES = 262144


class AthenaApi:
    """Each public method is one action: takes the call's JSON members, returns the answer's."""

    def __init__(self, executions, engine):
        self.executions, self.engine = executions, engine

    @property
    def backend(self):
        return athena_backends[DEFAULT_ACCOUNT_ID][storage.REGION]

    # Executions.

    def start_query_execution(self, body):
        query, token = body.get("QueryString") or "", body.get("ClientRequestToken")
        if not query.strip() or len(query.encode()) > MAX_QUERY_BYTES:
            raise invalid_request(f"QueryString must have 1 to {MAX_QUERY_BYTES} bytes")
        if not isinstance(token, str) or not 32 <= len(token) <= 128:
            raise invalid_request("ClientRequestToken is required and must have 32 to 128 characters")
        known = self.executions.start(token, body, lambda: self._new_execution(body, query))
        if known is None:
            raise invalid_request("Idempotent parameters do not match", "IDEMPOTENT_PARAMETERS_MISMATCH")
        return {"QueryExecutionId": known.id}

    def _new_execution(self, body, query):
        group = workgroups.find(self.backend, body.get("WorkGroup") or "primary")
        configuration, managed = workgroups.result_configuration(group, body.get("ResultConfiguration"))
        context = body.get("QueryExecutionContext") or {}
        # awswrangler sends the database of some statements in backticks.
        catalog, database = context.get("Catalog") or CATALOG, (context.get("Database") or "").strip("`").lower()
        if catalog.lower() != CATALOG.lower():
            raise invalid_request(f"DataCatalog {catalog} was not found")
        if not managed:
            bucket = re.match(r"s3://([^/]*)", configuration["OutputLocation"]).group(1)
            if not storage.bucket_exists(bucket):
                raise invalid_request(f"Unable to verify/create output bucket {bucket}", "INVALID_OUTPUT_LOCATION")
        parameters = body.get("ExecutionParameters")
        kind = statements.classify(query)
        if kind.executor == "engine":
            self.engine.check(statements.without_terminator(query), database, parameters)
        elif kind.executor == "hive":
            hive_ddl.check(query)
        return Execution(query, database, catalog, group, configuration, managed, parameters,
                         body.get("ResultReuseConfiguration"))

    def _execution(self, identifier):
        execution = self.executions.by_id.get(identifier)
        if execution is None:
            raise invalid_request(f"QueryExecution {identifier} was not found", "INVALID_INPUT")
        return execution

    def get_query_execution(self, body):
        return {"QueryExecution": self._execution(body.get("QueryExecutionId")).described()}

    def batch_get_query_execution(self, body):
        wanted = body.get("QueryExecutionIds") or []
        if not 1 <= len(wanted) <= 50:
            raise invalid_request("QueryExecutionIds must have 1 to 50 members")
        known = self.executions.by_id
        return {"QueryExecutions": [known[i].described() for i in wanted if i in known],
                "UnprocessedQueryExecutionIds": [
                    {"QueryExecutionId": i, "ErrorCode": "INVALID_INPUT",
                     "ErrorMessage": f"QueryExecution {i} was not found"} for i in wanted if i not in known]}

    def list_query_executions(self, body):
        group = body.get("WorkGroup") or "primary"
        workgroups.find(self.backend, group)
        newest_first = [e.id for e in reversed(list(self.executions.by_id.values())) if e.group_name == group]
        page, token = page_of(newest_first, body, 50)
        return with_token({"QueryExecutionIds": page}, token)

    def stop_query_execution(self, body):
        self._execution(body.get("QueryExecutionId")).cancel(*STOPPED)
        return {}

    def get_query_results(self, body):
        execution = self._execution(body.get("QueryExecutionId"))
        limit = body.get("MaxResults") or PAGE_ROWS
        if not 1 <= limit <= PAGE_ROWS:
            raise invalid_request(f"MaxResults is more than maximum allowed length {PAGE_ROWS}.")
        if execution.state in ("QUEUED", "RUNNING"):
            raise invalid_request(f"Query has not yet finished. Current state: {execution.state}",
                                  "INVALID_QUERY_EXECUTION_STATE")
        if execution.state != "SUCCEEDED":
            raise invalid_request("Query did not finish successfully. Final query state: " + execution.state,
                                  "INVALID_QUERY_EXECUTION_STATE")
        if execution.result is None:
            return {"UpdateCount": execution.update_count or 0,
                    "ResultSet": {"Rows": [], "ResultSetMetadata": {"ColumnInfo": []}}}
        rows, token = execution.result.page(execution.reused_from or execution.id, body.get("NextToken"), limit)
        return with_token({"UpdateCount": execution.update_count or 0, "ResultSet": {
            "Rows": [{"Data": row} for row in rows],
            "ResultSetMetadata": {"ColumnInfo": [column.info() for column in execution.result.columns]}}}, token)

    def get_query_runtime_statistics(self, body):
        execution = self._execution(body.get("QueryExecutionId"))
        times = execution.described()["Statistics"]
        rows = execution.result.row_count if execution.result is not None else 0
        return {"QueryRuntimeStatistics": {
            "Timeline": {name: value for name, value in times.items() if name.endswith("InMillis")},
            "Rows": {"InputRows": rows, "InputBytes": execution.scanned_bytes, "OutputRows": rows, "OutputBytes": 0}}}

    # Work groups.

    def create_work_group(self, body):
        return workgroups.create(self.backend, body)

    def get_work_group(self, body):
        return {"WorkGroup": workgroups.described(workgroups.find(self.backend, body.get("WorkGroup")))}

    def update_work_group(self, body):
        return workgroups.update(self.backend, body)

    def delete_work_group(self, body):
        used = any(e.group_name == body.get("WorkGroup") for e in self.executions.by_id.values())
        return workgroups.delete(self.backend, body, used)

    def list_work_groups(self, body):
        return workgroups.listed(self.backend)

    def list_engine_versions(self, body):
        return {"EngineVersions": [{"SelectedEngineVersion": name, "EffectiveEngineVersion": "Athena engine version 3"}
                                   for name in ("AUTO", "Athena engine version 3")]}

    # The catalog, as Athena shows it: Glue.

    def list_data_catalogs(self, body):
        return {"DataCatalogsSummary": [{"CatalogName": CATALOG, "Type": "GLUE"}]}

    def get_data_catalog(self, body):
        name = body.get("Name", "")
        if name.lower() != CATALOG.lower():
            raise invalid_request(f"DataCatalog {name} was not found")
        return {"DataCatalog": {"Name": CATALOG, "Type": "GLUE", "Parameters": {}}}

    def list_databases(self, body):
        page, token = page_of([database_summary(d) for d in storage.glue().get_databases()], body, 50)
        return with_token({"DatabaseList": page}, token)

    def get_database(self, body):
        return {"Database": database_summary(self._glue_database(body))}

    def list_table_metadata(self, body):
        tables = [table_metadata(t) for t in self._glue_database(body).tables.values()]
        pattern = body.get("Expression")
        page, token = page_of([t for t in tables if not pattern or re.match(pattern, t["Name"])], body, 50)
        return with_token({"TableMetadataList": page}, token)

    def get_table_metadata(self, body):
        table = self._glue_database(body).tables.get(body.get("TableName", "").lower())
        if table is None:
            raise metadata_missing(f"Table {body.get('TableName')} not found.")
        return {"TableMetadata": table_metadata(table)}

    def _glue_database(self, body):
        name = body.get("DatabaseName", "")
        database = storage.glue().databases.get(name.lower())
        if database is None:
            raise metadata_missing(f"Database {name} not found.")
        return database


def metadata_missing(message):
    return ApiError(f"{message} (Service: AmazonDataCatalog; Status Code: 400; "
                    "Error Code: EntityNotFoundException)", "MetadataException")


def database_summary(database):
    return {"Name": database.name, "Description": database.input.get("Description") or "",
            "Parameters": database.input.get("Parameters") or {}}


def table_metadata(table):
    glue = table.as_dict()
    descriptor = glue.get("StorageDescriptor", {})

    def columns(found):
        return [{name: c[name] for name in ("Name", "Type", "Comment") if c.get(name)} for c in found or []]
    return {"Name": table.name, "CreateTime": table.created_time.timestamp(),
            "TableType": glue.get("TableType") or "", "Columns": columns(descriptor.get("Columns")),
            "PartitionKeys": columns(glue.get("PartitionKeys")), "Parameters": glue.get("Parameters") or {}}


def page_of(items, body, most):
    start = int(body.get("NextToken") or 0)
    end = start + min(body.get("MaxResults") or most, most)
    return items[start:end], str(end) if end < len(items) else None


def with_token(answer, token):
    return {**answer, "NextToken": token} if token else answer


def install(api):
    """Replace moto's methods, and let test faults and the call counter see every call of Athena and Glue."""
    def method(name):
        handler = getattr(api, name)

        def respond(response):
            try:
                return json.dumps(handler(json.loads(response.body or "{}")))
            except ApiError as refusal:
                return json.dumps(refusal.body), {"status": 400}
            except QueryFailed as failure:
                return json.dumps(invalid_request(failure.reason).body), {"status": 400}
        respond.__name__ = name
        return respond

    for name in [n for n in vars(AthenaApi) if not n.startswith("_") and n != "backend"]:
        setattr(AthenaResponse, name, method(name))
    count_calls(AthenaResponse)


def count_calls(response_class):
    original = response_class.call_action

    def call_action(response):
        refused = faults.count_and_refuse(response._get_action())
        if refused:
            body, status = refused
            return json_error(body, status)
        status, headers, answer = original(response)
        if int(status) == 403 and str(answer).lstrip().startswith("<"):
            # moto says it in XML, as the query services do; the JSON services of AWS do not.
            code = "InvalidSignatureException" if "SignatureDoesNotMatch" in answer else "UnrecognizedClientException"
            message = re.search(r"<Message>(.*?)</Message>", answer, re.DOTALL)
            return json_error({"__type": code, "message": message.group(1) if message else code}, 400)
        return status, headers, answer
    response_class.call_action = call_action


def json_error(body, status):
    return status, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": body["__type"]}, json.dumps(body)
