"""Compressed files of tests: by the library where Python has one, else written here."""
import bz2
import gzip
import struct
import subprocess
import zlib

# of a block of Hadoop's framing
BLOCK = 256 * 1024


def period(data):
    """What repeats with a short period can be one match."""
    return next((p for p in (1, 2, 3, 4, 8) if len(data) > 64 and data[p:] == data[:-p]), 0)


def lz4_block(data):
    """LZ4's block format."""
    p, out = period(data), bytearray()

    def length(n):
        if n >= 15:
            out.extend(b"\xff" * ((n - 15) // 255) + bytes([(n - 15) % 255]))

    def put(literal, match):
        rest = match - 4 if match else 0
        out.append(min(len(literal), 15) << 4 | min(rest, 15))
        length(len(literal))
        out.extend(literal)
        if match:
            out.extend(struct.pack("<H", p))
            length(rest)

    if p:
        put(data[:p], len(data) - p - 12)
        data = data[-12:]
    put(data, 0)
    return bytes(out)


def snappy_block(data):
    n, p, out = len(data), period(data), bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)

    def literal(part):
        out.extend(bytes([63 << 2]) + struct.pack("<I", len(part) - 1) if len(part) > 60 else bytes([len(part) - 1 << 2]))
        out.extend(part)

    literal(data[:p] if p else data)
    left = len(data) - p if p else 0
    while left:
        n = min(left, 64)
        out.extend(bytes([(n - 1) << 2 | 2]) + struct.pack("<H", p))
        left -= n
    return bytes(out)


def hadoop(compress):
    """A function that makes blocks of Hadoop's framing, each compressed so."""
    def blocks(data):
        parts = [data[i:i + BLOCK] for i in range(0, len(data), BLOCK)]
        return b"".join(struct.pack(">II", len(p), len(c)) + c for p in parts for c in [compress(p)])
    return blocks


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


# by the ending of a name
PACK = {"gz": lambda d: gzip.compress(d, 6, mtime=0), "bz2": bz2.compress, "deflate": zlib.compress, "zst": zstd,
        "lz4": hadoop(lz4_block), "snappy": hadoop(snappy_block)}
