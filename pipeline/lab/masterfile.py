"""A master file (RFC 1035 §5) of the planned internet, for authoritative servers to load.

One unsigned zone, the root, every name written in full: to have each registrable domain as a zone
of its own would take some hundred thousand files. A server that loads it answers as the lab's own
does, with these differences and no others:

- What is planned to fail (SERVFAIL, REFUSED, silence) is answered: no such record. A name at which
  nothing else stands keeps existing by a record of a type that nobody asks for.
- The SOA is the root's alone. At an apex of the plan there is no such record, and every negative
  answer shows the root's.
- Nothing is validated: no AD flag, no extended error, and what is planned as bogus is answered as
  the lab answers it with CD=1.
- Nothing stands beside a CNAME (RFC 1034 §3.6.2) or twice in a set (RFC 2181 §5), and nothing is
  delegated. The plan has no such thing; of nodes that have it, these records are left out.

What is left out is counted by reason; the last line of the file says it.
"""

import socket
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..message import strings, to_text
from ..words import QType
from .rows import Failure
from .shared_zone import SOA
from .zone import TTL, Node, Rows

HEAD = f"; the planned internet as one zone\n. {TTL} IN SOA {SOA}\n. {TTL} IN NS {SOA.split()[0]}\n"
PLACEHOLDER = 65280
"""The type, one for private use (RFC 6895 §3.1), whose empty record keeps a name in existence."""
BUFFERED = 1 << 20
TYPES = {int(qtype): qtype.name for qtype in QType}


class Written(NamedTuple):
    """A file, and what became of the records.

    records: those in the file. left_out: reason → records; a set that is planned to fail counts 1.
    placeholders: names that none is left of.
    """

    path: Path
    records: int
    left_out: Counter[str]
    placeholders: int

    @property
    def summary(self) -> str:
        """The counts in one line."""
        reasons = [f"{reason} {count:,}" for reason, count in sorted(self.left_out.items())]
        return (
            f"{self.records:,} records; left out: {', '.join(reasons) or 'none'}; "
            f"names of which nothing is left: {self.placeholders:,}"
        )


def write_zone(nodes: Iterable[tuple[str, Node]], path: Path) -> Written:
    """Write what stands at each name, a name at a time. nodes: canonical names, each once."""
    left_out: Counter[str] = Counter()
    records = placeholders = 0
    with path.open("w", encoding="ascii", newline="\n", buffering=BUFFERED) as file:
        file.write(HEAD)
        for name, node in nodes:
            lines = [
                line(name, rtype, ttl, rdata)
                for rtype, rows in fitting(name, node, left_out)
                for ttl, rdata in rows
            ]
            records += len(lines)
            if not lines and name != ".":
                placeholders += 1
                lines = [line(name, PLACEHOLDER, TTL, b"")]
            file.writelines(lines)
        written = Written(path, records, left_out, placeholders)
        file.write(f"; {written.summary}\n")
    return written


def fitting(name: str, node: Node, left_out: Counter[str]) -> Iterator[tuple[int, Rows]]:
    """The sets at a name that can stand in the root zone. Counts what cannot."""
    alias = node.get(QType.CNAME)
    stands_alone = isinstance(alias, tuple) and bool(alias)
    for rtype, rows in node.items():
        if isinstance(rows, Failure):
            left_out[f"planned {rows.value}"] += 1
        elif rtype in (QType.SOA, QType.NS) or (rtype == QType.CNAME and name == "."):
            left_out[QType(rtype).name] += len(rows)
        elif stands_alone and rtype != QType.CNAME:
            left_out["beside a CNAME"] += len(rows)
        else:
            met = {rdata for _, rdata in rows}
            if len(met) < len(rows):
                left_out["twice in a set"] += len(rows) - len(met)
                rows = each_once(rows)
            yield rtype, rows


def each_once(rows: Rows) -> Rows:
    """The first of each kind."""
    kept: dict[bytes, int] = {}
    for ttl, rdata in rows:
        kept.setdefault(rdata, ttl)
    return tuple((ttl, rdata) for rdata, ttl in kept.items())


# --- one record -----------------------------------------------------------------------------------


def line(owner: str, rtype: int, ttl: int, rdata: bytes) -> str:
    """One record in presentation form, with its end of line. owner: canonical."""
    form = FORMS.get(rtype, generic)
    return f"{absolute(owner)} {ttl} IN {TYPES.get(rtype) or f'TYPE{rtype}'} {form(rdata)}\n"


def absolute(name: str) -> str:
    """A canonical name with its final dot."""
    return name if name == "." else f"{name}."


def generic(rdata: bytes) -> str:
    """Any rdata (RFC 3597 §5), such as that of a TLSA whose digest is too short."""
    return f"\\# {len(rdata)} {rdata.hex()}".rstrip()


def one_name(rdata: bytes) -> str:
    """A name that is written out."""
    return absolute(to_text(rdata))


def character_strings(rdata: bytes) -> str:
    """Character-strings, each in quotation marks."""
    return " ".join(f'"{part.decode("latin-1").translate(ESCAPED)}"' for part in strings(rdata))


ESCAPED = {octet: f"\\{octet:03d}" for octet in range(256) if not 0x20 <= octet < 0x7F} | {
    ord(mark): f"\\{mark}" for mark in '"\\'
}
"""Octets that do not stand for themselves between quotation marks (RFC 1035 §5.1)."""

FORMS: dict[int, Callable[[bytes], str]] = {
    QType.A: socket.inet_ntoa,
    QType.AAAA: lambda rdata: socket.inet_ntop(socket.AF_INET6, rdata),
    QType.CNAME: one_name,
    QType.PTR: one_name,
    QType.MX: lambda rdata: f"{int.from_bytes(rdata[:2])} {one_name(rdata[2:])}",
    QType.TXT: character_strings,
    QType.SPF: character_strings,
}
"""The types that people read in such a file. All others are `generic`."""
