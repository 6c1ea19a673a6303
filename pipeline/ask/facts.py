"""What an engine said → rows of schema.FACTS, a shard at a time.

Messages are read together where there are many (`messages`), and one by one where they are few or
not plain (`message`); the row is the same.
"""

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa

from .. import message, messages
from ..message import AD
from ..schema import ASKS, FACTS, Column, arrow_schema
from ..words import SETTLED, EngineName, Outcome, Transport

Row = tuple[int, Outcome | None, bytes | None, str, Transport | None, int, float, float | None]
"""What an engine handed to `dns.Keep`, as it came."""
NUMBER: Final = 0
OUTCOME: Final = 1
RECEIVED: Final = 2
TRIES: Final = 5

TRIED = Column(
    "tried", pl.UInt8, "", "packets and connections that earlier rounds took", "以前の試行回数"
)
QUESTIONS = (*(column for column in ASKS if column.name != "why"), TRIED)

MANY = 200  # messages that are worth reading together
AT_ONCE = 2500  # that are read together: more take more memory and no less time
MOST_TRIES = 255  # the column is one octet wide
NXDOMAIN = 3
OF_PLAIN = [
    message.outcome_of(rcode, answered) for rcode in (0, NXDOMAIN) for answered in (False, True)
]
NOTHING = message.Message(0, 0, 0, None, (), None, "")  # where no message came

Decoded = dict[str, Any]
"""Columns that the message fills, as Arrow or as lists: outcome to rrs."""


class Facts:
    """Makes the facts of one partition. is_last: a failure is to be written down, too."""

    def __init__(self, questions: pl.DataFrame, wave: int, engine: EngineName, is_last: bool):
        self.questions, self.wave, self.engine, self.is_last = questions, wave, engine, is_last
        self.sees_flags = engine != EngineName.CARES
        self.names, self.qtypes = questions["name"].to_list(), questions["qtype"].to_list()
        tried = questions["tried"]
        self.tried = tried.to_list() if tried.max() else None  # None: this is the first round
        self.schema = arrow_schema(FACTS)
        self.outcomes: Counter[str] = Counter()

    def made(self, rows: Sequence[Row]) -> tuple[pa.Table, list[Row]]:
        """The facts, and the rows whose question is to be asked again."""
        tables: list[pa.Table] = [self.schema.empty_table()]
        again: list[Row] = []
        with without_collections():
            for first in range(0, len(rows), AT_ONCE):
                others = rows[first : first + AT_ONCE]
                if len(others) >= MANY:
                    plain, others = self.together(others)
                    tables.append(plain)
                if others:
                    rest, failed = self.one_by_one(others)
                    tables.append(rest)
                    again += failed
        return pa.concat_tables(tables), again

    def together(self, rows: Sequence[Row]) -> tuple[pa.Table, Sequence[Row]]:
        """Facts of the plain messages, and the other rows."""
        asked = self.of_questions(rows)
        received = [(row[OUTCOME] is None and row[RECEIVED]) or b"" for row in rows]
        names, qtypes = (asked[name].combine_chunks() for name in ("name", "qtype"))
        read = messages.read(received, names, qtypes)
        plain: Sequence[Row] = rows
        others: Sequence[Row] = ()
        if not read.is_plain.all():
            marked = list(zip(rows, read.is_plain.tolist(), strict=True))
            plain = [row for row, is_plain in marked if is_plain]
            others = [row for row, is_plain in marked if not is_plain]
            asked = asked.filter(pa.array(read.is_plain))
        which = 2 * (read.rcode == NXDOMAIN) + read.is_answered
        for case, count in Counter(which.tolist()).items():
            self.outcomes[OF_PLAIN[case]] += count
        sections, types, ttls = (
            values.astype(width)
            for values, width in ((read.section, "u1"), (read.type, "u2"), (read.ttl, "u4"))
        )
        decoded = {
            "outcome": pa.array(OF_PLAIN, pa.large_string()).take(pa.array(which)),
            "rcode": read.rcode.astype("u2"),
            "ad": read.flags & AD != 0 if self.sees_flags else [None] * len(plain),
            "ede": [None] * len(plain),
            "decode_error": [None] * len(plain),
            "rrs": self.records(read.offsets, (sections, read.owner, types, ttls, read.rdata)),
        }
        return self.table(plain, asked, decoded), others

    def one_by_one(self, rows: Sequence[Row]) -> tuple[pa.Table, list[Row]]:
        """Facts, and the rows whose question is to be asked again."""
        kept: list[Row] = []
        again: list[Row] = []
        read_rows: list[tuple[Any, ...]] = []
        rrs: list[message.RR] = []
        offsets = [0]
        for row in rows:
            outcome, read, chain = self.decoded(row)
            is_over = outcome in SETTLED or outcome is Outcome.NOT_ASKED
            if not is_over and not self.is_last:
                again.append(row)
                continue
            kept.append(row)
            self.outcomes[outcome] += 1
            has_come = row[RECEIVED] is not None
            rcode = read.rcode if has_come else None
            ad = bool(read.flags & AD) if has_come and self.sees_flags else None
            read_rows.append((outcome, rcode, ad, read.ede, read.error or None))
            rrs += chain
            offsets.append(len(rrs))
        names = ("outcome", "rcode", "ad", "ede", "decode_error")
        columns = zip(*read_rows, strict=True) if read_rows else [()] * len(names)
        decoded = dict(zip(names, columns, strict=True))
        fields = zip(*rrs, strict=True) if rrs else [()] * len(message.RR._fields)
        decoded["rrs"] = self.records(offsets, fields)
        return self.table(kept, self.of_questions(kept), decoded), again

    def decoded(self, row: Row) -> tuple[Outcome, message.Message, Sequence[message.RR]]:
        """One answer: its outcome, its message, and the records that answer the question."""
        name, qtype = self.names[row[NUMBER]], self.qtypes[row[NUMBER]]
        outcome, received = row[OUTCOME], row[RECEIVED]
        if received is None:
            assert outcome is not None  # an engine says what happened wherever it has no message
            return outcome, NOTHING, ()
        read = message.decode(received, name)
        chain = message.on_the_chain(read.rrs, name)
        if outcome is None:
            answered = any(rr.type == qtype and rr.section == message.ANSWER for rr in chain)
            outcome = message.outcome_of(read.rcode, answered)
            outcome = Outcome.MALFORMED if read.error else outcome
        return outcome, read, chain

    def table(self, rows: Sequence[Row], asked: pa.Table, decoded: Decoded) -> pa.Table:
        """Rows as Arrow, in the order and types of schema.FACTS.

        Nothing is cast: the first cast of a process loads all of Arrow's functions, some 50 ms.
        """
        columns = (
            self.of_asking(rows)
            | decoded
            | dict(zip(asked.column_names, asked.columns, strict=True))
        )
        arrays = [
            values
            if isinstance(values := columns[item.name], pa.Array | pa.ChunkedArray)
            else pa.array(values, item.type)
            for item in self.schema
        ]
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def of_questions(self, rows: Sequence[Row]) -> pa.Table:
        """The columns that a fact takes over from its question."""
        asked = self.questions[[row[NUMBER] for row in rows]].drop("tried")
        return asked.to_arrow(compat_level=pl.CompatLevel.oldest())

    def of_asking(self, rows: Sequence[Row]) -> dict[str, Any]:
        """The columns that say how it was asked."""
        _, _, received, resolver, transport, tries, asked_at, rtt_ms = (
            zip(*rows, strict=True) if rows else [()] * 8
        )

        def alike(name: str, value: Any) -> pa.Array:
            return pa.repeat(pa.scalar(value, self.schema.field(name).type), len(rows))

        return {
            "wave": alike("wave", self.wave),
            "engine": alike("engine", self.engine.value),
            "rebuilt": alike("rebuilt", not self.sees_flags),
            "resolver": resolver,
            "transport": transport,
            "asked_at": (np.array(asked_at, float) * 1e6).astype("M8[us]"),
            "rtt_ms": pa.array(np.array(rtt_ms, "f4"), from_pandas=True),  # not a number: null
            "tries": [self.tries(row) for row in rows] if self.tried else tries,
            "message": received,
        }

    def tries(self, row: Row) -> int:
        """Of all rounds."""
        earlier = self.tried[row[NUMBER]] if self.tried else 0
        return min(MOST_TRIES, row[TRIES] + earlier)

    def records(self, offsets: Any, columns: Any) -> pa.Array:
        """The column `rrs`. columns: of schema.RR, in its order."""
        struct = self.schema.field("rrs").type.value_type
        records = pa.StructArray.from_arrays(
            [
                values if isinstance(values, pa.Array) else pa.array(values, item.type)
                for values, item in zip(columns, struct, strict=True)
            ],
            fields=list(struct),
        )
        return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), records)


@contextmanager
def without_collections() -> Iterator[None]:
    """Decoding makes many objects and no cycles: to look for some takes a fifth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
