"""MinIO, a third S3 server for signing tests: built by the Go tool into the cache when asked for."""

from . import go_program

MODULE = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"


def binary(build=True):
    return go_program.find("minio", MODULE, build)


def command(directory, port, console_port, access_key, secret_key, build=True):
    """(arguments, environment) of a server on 127.0.0.1."""
    data = directory / "minio"
    data.mkdir(parents=True, exist_ok=True)
    return ([binary(build), "server", "--quiet", "--address", f"127.0.0.1:{port}",
             "--console-address", f"127.0.0.1:{console_port}", data],
            {"MINIO_ROOT_USER": access_key, "MINIO_ROOT_PASSWORD": secret_key, "MINIO_SITE_REGION": "us-east-1",
             "MINIO_BROWSER": "off", "MINIO_UPDATE": "off", "MINIO_CALLHOME_ENABLE": "off"})
