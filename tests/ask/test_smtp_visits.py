"""Many visits at once, to servers on loopback: nobody sees two connections at a time."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
import yaml

from pipeline.ask.smtp.rota import Rota, Wanted
from pipeline.ask.smtp.visit import Visited, Visiting
from pipeline.ask.smtp.visits import ask
from pipeline.words import SmtpOutcome

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases" / "smtp.yaml").read_text())
(DOWNGRADED,) = [case["server"][:2] for case in CASES if "downgrade" in case["claim"]]
ADDRESSES = [f"127.0.1.{number}" for number in range(1, 21)]


class Servers:
    """One mail server on many loopback addresses, without STARTTLS; it counts who is there."""

    def __init__(self) -> None:
        self.here: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.visits: Counter[str] = Counter()
        self.all = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("sockname")[0]
        self.visits[address] += 1
        self.here[address] += 1
        self.most[address] = max(self.most[address], self.here[address])
        self.all = max(self.all, self.here.total())
        for said in DOWNGRADED:
            writer.write(said.encode())
            await reader.readline()
        self.here[address] -= 1  # the client closes after this
        writer.write(b"221 bye\r\n")
        writer.close()


def wanted(count: int) -> list[Wanted]:
    return [
        Wanted(number, ADDRESSES[number % len(ADDRESSES)], f"mx{number}.jp", f"{number % 5}.jp")
        for number in range(count)
    ]


def test_loopback(tmp_path: Path) -> None:
    servers, found = Servers(), {}

    def keep(one: Wanted, visited: Visited) -> None:
        assert one.number not in found
        found[one.number] = visited.outcome

    async def go() -> None:
        first = await asyncio.start_server(servers.serve, ADDRESSES[0], 0)
        port = first.sockets[0].getsockname()[1]
        rest = await asyncio.start_server(servers.serve, ADDRESSES[1:], port)
        how = Visiting("probe.example.jp", port=port, public=("127.0.0.0/8",))
        await ask(Rota(wanted(400), 16, 4, 0.0), how, keep)
        first.close()
        rest.close()

    asyncio.run(go())
    assert found == dict.fromkeys(range(400), SmtpOutcome.NOT_OFFERED)
    assert servers.visits == dict.fromkeys(ADDRESSES, 20)
    assert set(servers.most.values()) == {1}
    assert 1 < servers.all <= 16


def test_what_keep_raises_ends_it_and_leaves_nothing_under_way() -> None:
    begun, ended = [], []

    async def visit(address: str, sni: str, how: Visiting) -> Visited:
        begun.append(sni)
        try:
            if len(begun) == 3:
                return Visited(SmtpOutcome.REFUSED, None, 0.0, 0.0)
            await asyncio.Event().wait()
        finally:
            ended.append(sni)
        raise AssertionError

    def keep(one: Wanted, visited: Visited) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        asyncio.run(ask(Rota(wanted(10), 5, 5, 0.0), Visiting("probe.jp"), keep, visit))
    assert sorted(begun) == sorted(ended)
    assert len(begun) == 5


def test_a_pause_between_visits_at_one_operator_ends() -> None:
    async def visit(address: str, sni: str, how: Visiting) -> Visited:
        return Visited(SmtpOutcome.REFUSED, None, 0.0, 0.0)

    kept: list[int] = []
    one_operator = [one._replace(operator="a.jp") for one in wanted(4)]
    rota = Rota(one_operator, 5, 5, 0.01)
    asyncio.run(ask(rota, Visiting("probe.jp"), lambda one, _: kept.append(one.number), visit))
    assert kept == [0, 1, 2, 3]
