"""Owner names of a zone file in master format (RFC 1035 §5.1), without reading its rdata.

A registry's zone has millions of lines of which only the names count, and excerpts of zones lack
the SOA that a full parser insists on.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..config import ConfigError

TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"?|;[^\n]*|[()]|(?:[^\s"();\\]|\\.)+|\\')
TTL = re.compile(r"(?:\d+[smhdw]?)+", re.IGNORECASE)
CLASSES = frozenset(("IN", "CH", "HS", "CS", "ANY"))
DEEPEST = 10_000  # lines that one parenthesis may hold together


class Owner(NamedTuple):
    """A record's owner, absolute without final dot, its type, and the line where it begins."""

    line: int
    name: str
    type: str


def delegated(text: str, path: Path) -> Iterator[tuple[int, str]]:
    """The names that a zone delegates, once each, with their lines; of a zone that delegates
    none: all its owner names. Raises ConfigError.

    A delegation is an NS record below the zone's top, which is the owner of its SOA, or its first
    $ORIGIN.
    """
    records = list(owners(text, path))
    top = next((record.name for record in records if record.type == "SOA"), None)
    if top is None:
        first = re.search(r"^\$ORIGIN\s+(\S+)", text, re.MULTILINE | re.IGNORECASE)
        top = first[1].rstrip(".").lower() if first else ""
    cut = [record for record in records if record.type == "NS" and record.name != top]
    seen = set()
    for record in cut or records:
        if record.name not in seen:
            seen.add(record.name)
            yield record.line, record.name or "."


def owners(text: str, path: Path) -> Iterator[Owner]:
    """Every record's owner, in the order of the file. Raises ConfigError."""
    origin, owner = "", ""
    for line, blank, tokens in entries(text, path):
        directive = tokens[0].upper() if not blank else ""
        if directive == "$ORIGIN":
            origin = absolute(tokens[1], origin) if len(tokens) > 1 else ""
        elif directive == "$INCLUDE":
            raise ConfigError.at(path, line, "$INCLUDE is not followed", "a zone in one file")
        elif directive.startswith("$"):
            continue  # $TTL, and $GENERATE, whose names no registry delegates
        else:
            if not blank:
                owner = absolute(tokens.pop(0), origin)
            yield Owner(line, owner, type_of(tokens))


def absolute(name: str, origin: str) -> str:
    """A name of a zone file under its origin, lower case, without final dot."""
    if name == "@":
        return origin
    if name.endswith(".") and not name.endswith("\\."):
        return name[:-1].lower()
    return f"{name}.{origin}".lower() if origin else name.lower()


def type_of(tokens: list[str]) -> str:
    """The record type: what follows TTL and class, which come in either order."""
    for token in tokens[:3]:
        if token.upper() not in CLASSES and not TTL.fullmatch(token):
            return token.upper()
    return ""


def entries(text: str, path: Path) -> Iterator[tuple[int, bool, list[str]]]:
    """Line, whether it begins with a blank (the last owner again), and the entry's tokens.

    Parentheses hold lines together. Raises ConfigError: one that is never closed.
    """
    tokens: list[str] = []
    depth, start, blank = 0, 1, False
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if depth == 0:
            tokens, start, blank = [], number, line[:1].isspace()
        elif number - start > DEEPEST:
            break
        for token in TOKEN.findall(line):
            if token == "(":
                depth += 1
            elif token == ")":
                depth = max(depth - 1, 0)
            elif not token.startswith(";"):
                tokens.append(token)
        if depth == 0 and tokens:
            yield start, blank, tokens
    if depth:
        raise ConfigError.at(path, start, "a parenthesis is never closed", "( … )")
