"""What is packed with gzip, unpacked no further than a limit: a bomb is never blown up."""

import zlib

MAGIC = b"\x1f\x8b"  # RFC 1952 §2.3.1
GZIP_OR_ZLIB = zlib.MAX_WBITS | 32  # the header says which


def unpacked(packed: bytes, most: int) -> bytes | None:
    """The octets inside, the first `most` of them. None: damaged, or cut off before as many."""
    engine = zlib.decompressobj(GZIP_OR_ZLIB)
    try:
        octets = engine.decompress(packed, most)
    except zlib.error:
        return None
    return octets if engine.eof or len(octets) == most else None
