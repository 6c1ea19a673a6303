"""List files as bytes and as text: unpacked, bounded in size, decoded.

How a file is packed is seen from its first bytes, not from its name. Its encoding is found in a
fixed order, so that the same file is always read alike: byte order mark, UTF-16 by the places of
its zero octets, UTF-8, and then Shift_JIS in the form that Windows writes (cp932).
"""

import codecs
import gzip
import hashlib
import lzma
import re
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pyarrow as pa

from ..config import ENCODINGS, ConfigError

MOST_BYTES = 1 << 30
"""A list of every name under .jp has 40 MB; what unpacks to more than this is no list."""
XZ_MEMORY = 1 << 28
HEAD = 4096
UNASSIGNED = re.compile("[\x80\xa0\uf8f1-\uf8f3]")
"""What Python's cp932 makes of octets that no Japanese text has: 80, A0, FD to FF."""
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def content(path: Path) -> bytes:
    """A file's bytes, unpacked if it is gz, zst or xz. Raises ConfigError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise too_large(path)
        raw = path.read_bytes()
    except OSError as fault:
        wrong = f"cannot be read: {fault.strerror}"
        raise ConfigError.at(path, 1, wrong, "a list file") from None
    for magic, kind, unpack in PACKINGS:
        if raw.startswith(magic):
            try:
                unpacked = unpack(raw)
            except (OSError, EOFError, lzma.LZMAError, zlib.error) as fault:
                raise ConfigError.at(
                    path, 1, f"broken {kind}: {fault}", f"a whole {kind}"
                ) from None
            if len(unpacked) > MOST_BYTES:
                raise too_large(path)
            return unpacked
    return raw


def digest(path: Path) -> str:
    """SHA-256 of a file as it lies there, hexadecimal. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as fault:
        wrong = f"cannot be read: {fault.strerror}"
        raise ConfigError.at(path, 1, wrong, "a list file") from None


def too_large(path: Path) -> ConfigError:
    """The error for a file, or a bomb, over the limit."""
    return ConfigError.at(path, 1, "too large", f"up to {MOST_BYTES:,} bytes, unpacked")


def gunzip(raw: bytes) -> bytes:
    """Unpack gzip, one octet past the limit at most."""
    with gzip.GzipFile(fileobj=BytesIO(raw)) as stream:
        return stream.read(MOST_BYTES + 1)


def unzstd(raw: bytes) -> bytes:
    """Unpack Zstandard, one octet past the limit at most."""
    with pa.CompressedInputStream(pa.BufferReader(raw), "zstd") as stream:
        unpacked: bytes = stream.read(MOST_BYTES + 1)
        return unpacked


def unxz(raw: bytes) -> bytes:
    """Unpack xz, one octet past the limit at most; its header may ask for any amount of memory."""
    unpacked = bytearray()
    while raw and len(unpacked) <= MOST_BYTES:  # a file may be several streams
        stream = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
        unpacked += stream.decompress(raw, MOST_BYTES + 1 - len(unpacked))
        if not stream.eof and len(unpacked) <= MOST_BYTES:
            raise EOFError("ends before its end")
        raw = stream.unused_data.lstrip(b"\0") if stream.eof else b""
    return bytes(unpacked)


PACKINGS: tuple[tuple[bytes, str, Callable[[bytes], bytes]], ...] = (
    (b"\x1f\x8b", "gzip", gunzip),
    (b"\x28\xb5\x2f\xfd", "zstd", unzstd),
    (b"\xfd7zXZ\0", "xz", unxz),
)


def decoded(raw: bytes, path: Path, encoding: str | None) -> str:
    """The text of a list file, without byte order mark. encoding: None finds out.

    Raises ConfigError with the line of the first octets that cannot be read.
    """
    candidates = (encoding,) if encoding else encodings(raw)
    faults = []
    for candidate in candidates:
        try:
            text = raw.decode(candidate)
        except UnicodeDecodeError as fault:
            at = len(raw[: fault.start].decode(candidate, "ignore"))
            text = raw.decode(candidate, "replace")
        else:
            stray = UNASSIGNED.search(text) if candidate == "cp932" and not encoding else None
            if stray is None:
                return text.removeprefix("\ufeff")
            at = stray.start()
        faults.append((text.count("\n", 0, at) + 1, candidate))
    line = faults[0][0]
    wrong = "not " + " nor ".join(candidate for _, candidate in faults)
    raise ConfigError.at(path, line, wrong, "encoding = one of " + ", ".join(ENCODINGS))


def encodings(raw: bytes) -> tuple[str, ...]:
    """The encodings to try, in order."""
    for mark, encoding in BOMS:
        if raw.startswith(mark):
            return (encoding,)
    head = raw[:HEAD]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if even + odd == 0:
        return ("utf-8", "cp932")
    # ASCII letters, digits and line ends are half zero octets in UTF-16; text holds none otherwise.
    return ("utf-16-le",) if odd > even else ("utf-16-be",)
