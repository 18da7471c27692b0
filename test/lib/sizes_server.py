#!/usr/bin/env python3
"""An S3 for plans only: below a prefix that begins with a number lies one object of so many bytes.

Prints its port.  No object can be read.
"""
import re
from http.server import BaseHTTPRequestHandler, HTTPServer


class S3(BaseHTTPRequestHandler):
    def do_GET(self):
        size = re.search(r"(?:prefix=|/)(\d+)", self.path)
        size = size.group(1) if size else "0"
        body = ('<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><IsTruncated>false'
                '</IsTruncated><KeyCount>1</KeyCount><Contents><Key>%s/a.csv</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>'
                '<ETag>"e"</ETag><Size>%s</Size><StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>' % (size, size)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", 0), S3)
print(server.server_port, flush=True)
server.serve_forever()
