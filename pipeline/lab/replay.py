"""An earlier run's messages, served again: the same questions get the same answers."""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..message import AD, CD, IN, QR, RA, RD, response, to_wire
from ..schema import FACTS, arrow_schema
from ..words import Outcome, Purpose
from .answering import REFUSED, SERVFAIL, LabError

COLUMNS = ("name", "qtype", "cd", "purpose", "outcome", "rcode", "message")
SCHEMA = arrow_schema(column for column in FACTS if column.name in COLUMNS)
SILENT = (Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.TRUNCATED, Outcome.MALFORMED)
NOERROR = 0
RCODES = {Outcome.NO_DATA: 0, Outcome.NO_NAME: 3, Outcome.REFUSED: REFUSED}


class Replay:
    """What a run kept. Messages stay in Arrow's memory; an index says which row answers what."""

    def __init__(self, facts: pa.Table, manifest: Mapping[str, Any] | None = None):
        """facts: `COLUMNS` of `schema.FACTS`. manifest: how the run's resolvers were examined."""
        surveyed = pc.equal(facts["purpose"], Purpose.SURVEY.value)
        self._facts = facts.filter(surveyed).combine_chunks()
        names, qtypes, cds = (self._facts[column].to_pylist() for column in ("name", "qtype", "cd"))
        self._rows = {key: row for row, key in enumerate(zip(names, qtypes, cds, strict=True))}
        self._probes = probes(manifest or {})

    @classmethod
    def load(cls, run: Path) -> "Replay":
        """Read RUN/facts/*.parquet. Raises LabError: there are none, or one cannot be read."""
        shards = sorted((run / "facts").glob("*.parquet"))
        if not shards:
            raise LabError(f"{run}: holds no facts/*.parquet; allowed: the folder of a crawled run")
        tables = []
        for shard in shards:
            try:
                tables.append(pq.read_table(shard, columns=SCHEMA.names).cast(SCHEMA))
            except (OSError, pa.ArrowException) as fault:
                why = str(fault).splitlines()[0][:100]
                raise LabError(f"{shard}: {why}; allowed: facts as a crawl keeps them") from None
        try:
            manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as fault:
            raise LabError(f"{run}/manifest.json: {fault}; allowed: a run's folder") from None
        return cls(pa.concat_tables(tables), manifest)

    def answer(self, name: str, qtype: int, cd: bool) -> bytes | None:
        """The message that the run got, id as it was; None where it got none.

        A question that the run did not ask is refused, but for those by which a resolver is
        examined: they are answered as they came out then. Raises ValueError: name is no name.
        """
        row = self._rows.get((name, qtype, cd))
        if row is None:
            rcode, flags = self._probes.get((name, cd), (REFUSED, 0))
            return built(name, qtype, cd, rcode, flags)
        message: bytes | None = self._facts["message"][row].as_py()
        outcome = self._facts["outcome"][row].as_py()
        if message is not None or outcome in SILENT:
            return message
        if outcome == Outcome.NOT_ASKED:
            return built(name, qtype, cd, REFUSED)
        rcode = self._facts["rcode"][row].as_py()
        return built(name, qtype, cd, RCODES.get(outcome, SERVFAIL) if rcode is None else rcode)


def built(name: str, qtype: int, cd: bool, rcode: int, flags: int = 0) -> bytes:
    """An answer that is only an rcode, and flags."""
    question = to_wire(name) + struct.pack("!HH", qtype, IN)
    return response(question, [], flags=QR | RD | RA | (CD if cd else 0) | flags, rcode=rcode)


def probes(manifest: Mapping[str, Any]) -> dict[tuple[str, bool], tuple[int, int]]:
    """(name, CD) → rcode and flags of what examined the resolvers, which no fact keeps."""
    found = {(".", False): (NOERROR, 0)}
    resolvers = manifest.get("resolvers", ())
    if resolvers and all(one["validates"] for one in resolvers):
        names = manifest["settings"]["resolver"]
        found[names["signed"], False] = NOERROR, AD
        found[names["forged"], False] = SERVFAIL, 0
        found[names["forged"], True] = NOERROR, 0
        found[names["unsigned"], False] = NOERROR, 0
    return found
