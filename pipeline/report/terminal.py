"""Text for a terminal: what strangers wrote must not move the cursor nor turn the line around."""

import unicodedata

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
