"""moto's Glue and S3 from inside the process, past authentication."""

import datetime
import re

from moto.core import DEFAULT_ACCOUNT_ID
from moto.glue.models import glue_backends
from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends

from .errors import QueryFailed

REGION = "us-east-1"
LOCATION = re.compile(r"s3[an]?://([^/]+)/?(.*)", re.DOTALL)


def s3():
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


def glue():
    return glue_backends[DEFAULT_ACCOUNT_ID][REGION]


def split_location(location):
    """(bucket, key) of an s3:// URL."""
    found = LOCATION.fullmatch(location)
    if not found:
        raise QueryFailed(f"Invalid S3 location: {location}", 2, 1109)
    return found.groups()


def bucket_exists(name):
    try:
        return s3().get_bucket(name) is not None
    except MissingBucket:
        return False


def put(location, value):
    bucket, key = split_location(location)
    s3().put_object(bucket_name=bucket, key_name=key, value=value)


def object_exists(location):
    bucket, key = split_location(location)
    return bucket_exists(bucket) and s3().get_object(bucket, key) is not None


def set_modified(bucket, seconds):
    """All objects of a bucket were last modified then."""
    for _, key in entries(bucket):
        key.last_modified = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).replace(tzinfo=None)


def entries(bucket):
    """Names and moto's keys, the last version of each, of one moment: moto's own items() fails where one goes meanwhile."""
    return [(name, versions[-1]) for name, versions in list(dict.items(s3().get_bucket(bucket).keys))]


def list_objects(location):
    """Objects under location + '/', as moto's keys, in key order. Names starting with _ or . are hidden from Athena."""
    bucket, prefix = split_location(location)
    if not bucket_exists(bucket):
        raise QueryFailed(f"PERMISSION_DENIED: Access Denied on bucket: {bucket} "
                          "or bucket does not exist", 2, 1306)
    if prefix and not prefix.endswith("/"):
        prefix += "/"
    found = []
    for name, key in sorted(entries(bucket)):
        below = name[len(prefix):]
        if name.startswith(prefix) and below and not any(
                part.startswith(("_", ".")) for part in below.split("/")):
            found.append(key)
    return found
