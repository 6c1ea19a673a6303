"""A partition of visits: rounds, shards, certificates, and stopping."""

from pathlib import Path

import polars as pl

from pipeline.ask.smtp.dialogue import Reply, Stage
from pipeline.ask.smtp.partition import VisitPartition
from pipeline.ask.smtp.tls import Shown
from pipeline.ask.smtp.visit import Visited, Visiting
from pipeline.config import Smtp
from pipeline.schema import CERTIFICATES, VISITS
from pipeline.store import Store
from pipeline.words import SmtpOutcome

HOW = Visiting("survey.example.org")
QUICK = Smtp(interval_s=0, pause_s=0, rounds=2)
COLUMNS = ("address", "sni", "purpose", "operator")


def partition(count: int, settings: Smtp = QUICK) -> VisitPartition:
    rows = [(f"192.0.2.{n}", f"mx{n}.jp", "survey", f"{n}.jp") for n in range(count)]
    return VisitPartition("v-0001", pl.DataFrame(rows, schema=COLUMNS, orient="row"), settings, HOW)


def answers(*outcomes: SmtpOutcome, chain: tuple[bytes, ...] = ()):
    """Each address says these, one after another, and the last for ever."""
    met: dict[str, int] = {}

    async def visit(address: str, sni: str, how: Visiting) -> Visited:
        number = met[address] = met.get(address, 0) + 1
        outcome = outcomes[min(number, len(outcomes)) - 1]
        tls = Shown("TLSv1.3", "AES", chain) if outcome is SmtpOutcome.ENCRYPTED else None
        replies = {Stage.BANNER: Reply(220, (b"\xff hello",))}
        return Visited(outcome, Stage.BANNER, 0.0, 1.0, "", b"220 \xff hello\r\n", replies, tls)

    return visit, met


def run(part: VisitPartition, folder: Path, visit, is_stopping=lambda: False):
    store = Store(folder)
    told = []
    is_whole = part.run(store, lambda done, failed: told.append((done, failed)), is_stopping, visit)
    return is_whole, store.scan("visits", VISITS).collect(), store, told


def test_what_failed_for_now_is_visited_later(tmp_path: Path) -> None:
    visit, met = answers(SmtpOutcome.UNAVAILABLE, SmtpOutcome.NOT_OFFERED)
    is_whole, rows, _, told = run(partition(3), tmp_path, visit)
    assert is_whole
    assert rows["outcome"].to_list() == ["not_offered"] * 3
    assert rows["tries"].to_list() == [2, 2, 2]
    assert set(met.values()) == {2}
    assert told == [(1, 0)] * 3


def test_a_failure_is_written_by_the_last_round(tmp_path: Path) -> None:
    visit, met = answers(SmtpOutcome.TIMEOUT)
    _, rows, _, told = run(partition(2), tmp_path, visit)
    assert rows["outcome"].to_list() == ["timeout"] * 2
    assert set(met.values()) == {3}
    assert told == [(1, 1)] * 2


def test_what_speaks_against_a_host_is_looked_at_twice(tmp_path: Path) -> None:
    visit, met = answers(SmtpOutcome.HANDSHAKE_FAILED, SmtpOutcome.ENCRYPTED)
    _, rows, _, _ = run(partition(2), tmp_path, visit)
    assert rows["outcome"].to_list() == ["encrypted"] * 2
    visit, met = answers(SmtpOutcome.STARTTLS_REFUSED)
    _, rows, _, told = run(partition(2), tmp_path / "other", visit)
    assert rows["outcome"].to_list() == ["starttls_refused"] * 2
    assert set(met.values()) == {3}
    assert told == [(1, 0)] * 2  # it is what was found, and no failure


def test_what_speaks_is_not_asked_again(tmp_path: Path) -> None:
    visit, met = answers(SmtpOutcome.TURNED_AWAY, SmtpOutcome.ENCRYPTED)
    run(partition(2), tmp_path, visit)
    assert set(met.values()) == {1}


def test_rows_and_certificates(tmp_path: Path) -> None:
    visit, _ = answers(SmtpOutcome.ENCRYPTED, chain=(b"leaf", b"root"))
    _, rows, store, _ = run(partition(1200), tmp_path, visit)
    assert rows.height == 1200
    assert store.count("visits") == 3
    row = rows.row(0, named=True)
    assert row["replies"] == [{"stage": "banner", "code": 220, "lines": [b"\xff hello"]}]
    assert (row["tls_version"], row["cipher"]) == ("TLSv1.3", "AES")
    ders = store.scan("certificates", CERTIFICATES).collect()
    assert sorted(ders["der"]) == [b"leaf", b"root"]  # each once, however often it was shown
    by_digest = dict(ders.rows())
    assert [by_digest[one] for one in row["chain"]] == [b"leaf", b"root"]


def test_stopped_on_request(tmp_path: Path) -> None:
    visit, _ = answers(SmtpOutcome.UNAVAILABLE)
    is_whole, rows, _, _ = run(partition(3, Smtp(pause_s=3600)), tmp_path, visit, lambda: True)
    assert not is_whole
    assert rows.is_empty()  # what waits for another round has no fact: it is visited again
