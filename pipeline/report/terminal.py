"""Text for a terminal: what strangers wrote must not move the cursor nor turn the line around."""

import json
import unicodedata
from typing import Any

UNSAFE = {
    "Cc",
    "Cf",
    "Cs",
    "Co",
    "Cn",
    "Zl",
    "Zp",
}  # control, bidi and other format, unassigned, separators


def printable(text: str, most: int = 2000) -> str:
    """The text in one line, every character that is not plainly visible written as an escape."""
    shown = "".join(
        f"\\x{ord(char):02x}" if unicodedata.category(char) in UNSAFE else char
        for char in text[:most]
    )
    return shown + ("…" if len(text) > most else "")


def json_line(value: Any) -> str:
    """The value as JSON in one line: what is not plainly visible is written as JSON's escape.

    JSON itself lets C1 controls, bidi marks and U+2028 stand raw (RFC 8259 §7).
    """
    text = json.dumps(value, ensure_ascii=False)
    return "".join(
        json_escape(char) if unicodedata.category(char) in UNSAFE else char for char in text
    )


def json_escape(char: str) -> str:
    """A character as `\\uXXXX`, once for each of its UTF-16 units (RFC 8259 §7)."""
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
