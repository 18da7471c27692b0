"""Two kinds of trouble: a call that is refused, and an execution that fails."""


class ApiError(Exception):
    """A call answered with an error (HTTP 400) instead of a result."""

    def __init__(self, message, code="InvalidRequestException", **members):
        super().__init__(message)
        self.body = {"__type": code, "Message": message, **members}


def invalid_request(message, athena_code="INVALID_INPUT"):
    return ApiError(message, AthenaErrorCode=athena_code)


class QueryFailed(Exception):
    """An execution that ends in FAILED; reason is what StateChangeReason says."""

    def __init__(self, reason, category=2, error_type=1004, retryable=False):
        super().__init__(reason)
        self.reason, self.category, self.error_type, self.retryable = reason, category, error_type, retryable


class QueryCancelled(Exception):
    """The engine gave up because the execution was stopped or passed its limit."""


# Trino's error names to AthenaError.ErrorType (the ranges are Athena's documented catalogue).
ERROR_TYPES = {
    "SYNTAX_ERROR": 1006, "COLUMN_NOT_FOUND": 1006, "TYPE_MISMATCH": 1006, "AMBIGUOUS_NAME": 1006,
    "TABLE_NOT_FOUND": 1110, "SCHEMA_NOT_FOUND": 1110, "CATALOG_NOT_FOUND": 1110, "FUNCTION_NOT_FOUND": 1303,
    "NOT_SUPPORTED": 1200, "DIVISION_BY_ZERO": 1100, "INVALID_FUNCTION_ARGUMENT": 1100,
    "INVALID_CAST_ARGUMENT": 1001, "NUMERIC_VALUE_OUT_OF_RANGE": 1100, "HIVE_BAD_DATA": 1001,
    "HIVE_CURSOR_ERROR": 1001, "HIVE_INVALID_PARTITION_VALUE": 1002, "HIVE_INVALID_METADATA": 1004,
    "HIVE_PARTITION_SCHEMA_MISMATCH": 1004, "HIVE_UNSUPPORTED_FORMAT": 1200, "HIVE_PATH_ALREADY_EXISTS": 1107,
    "PERMISSION_DENIED": 1500, "EXCEEDED_TIME_LIMIT": 206, "EXCEEDED_LOCAL_MEMORY_LIMIT": 1,
    "EXCEEDED_GLOBAL_MEMORY_LIMIT": 1,
}
SYSTEM_TYPES = {"INTERNAL_ERROR": (1, 300), "INSUFFICIENT_RESOURCES": (1, 5), "EXTERNAL": (2, 1001)}


def engine_failure(name, message, kind="USER_ERROR"):
    """QueryFailed from an engine's error, in Athena's words: `NAME: line 1:15: …`."""
    if name == "COLUMN_NOT_FOUND" and message.endswith("cannot be resolved"):
        message += " or requester is not authorized to access requested resources"
    category, fallback = SYSTEM_TYPES.get(kind, (2, 1100))
    return QueryFailed(f"{name}: {message}", category, ERROR_TYPES.get(name, fallback), kind == "INSUFFICIENT_RESOURCES")
