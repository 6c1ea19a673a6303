"""A second opinion on TLSA records: OpenSSL's own client, against the same server."""

import asyncio
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.ask.smtp.visit import Visiting, visit
from pipeline.protocols.dane.matching import Match, verified
from pipeline.protocols.dane.record import Record

from ..ask.mailserver import LOOPBACK, MailServer, serving
from ..authority import Authority, Leaf
from ..protocols.test_dane_matching import COMBINATIONS, HOST, tlsa

pytestmark = pytest.mark.real

CA = Authority()
TURNS = [
    "220 x\r\n",
    "250-x\r\n250 STARTTLS\r\n",
    "220 go ahead\r\n",
    {"handshake": "succeeds"},
    "250 x\r\n",
    "221 bye\r\n",
]


@dataclass
class Case:
    name: str
    leaf: Leaf
    records: list[Record]


def both(usage: int, selector: int, matching: int) -> list[Case]:
    leaf = CA.leaf(HOST)
    der = leaf.chain[0 if usage == 3 else 1]
    right = tlsa(usage, selector, matching, der)
    wrong = tlsa(usage, selector, matching, der, is_wrong=True)
    name = f"{usage} {selector} {matching}"
    return [
        Case(f"{name} right", leaf, [right]),
        Case(f"{name} wrong", leaf, [wrong]),
        Case(f"{name} rolled over", leaf, [wrong, right]),
    ]


def others() -> list[Case]:
    leaf, expired = CA.leaf(HOST), CA.leaf(HOST, is_expired=True)
    misnamed, alone = CA.leaf("another.example"), CA.leaf(HOST, with_anchor=False)
    der = leaf.chain[0]
    return [
        Case("3 expired", expired, [tlsa(3, 1, 1, expired.chain[0])]),
        Case("2 expired", expired, [tlsa(2, 1, 1, CA.der)]),
        Case("3 for another name", misnamed, [tlsa(3, 1, 1, misnamed.chain[0])]),
        Case("2 for another name", misnamed, [tlsa(2, 1, 1, CA.der)]),
        Case("2 anchor not shown, digest", alone, [tlsa(2, 0, 1, CA.der)]),
        Case("2 anchor not shown, whole", alone, [tlsa(2, 0, 0, CA.der)]),
        Case("2 of the server's own", leaf, [tlsa(2, 0, 1, der)]),
        Case("strong digest wrong", leaf, [tlsa(3, 1, 2, der, is_wrong=True), tlsa(3, 1, 1, der)]),
        Case("weak digest wrong", leaf, [tlsa(3, 1, 2, der), tlsa(3, 1, 1, der, is_wrong=True)]),
    ]


CASES = [*(case for one in COMBINATIONS for case in both(*one)), *others()]


async def openssl(port: int, records: list[Record]) -> bool:
    """Does OpenSSL authenticate the server by these records?"""
    program = shutil.which("openssl")
    assert program, "install openssl"
    command = [
        "s_client", "-starttls", "smtp", "-connect", f"{LOOPBACK}:{port}", "-brief",
        "-dane_tlsa_domain", HOST, "-dane_ee_no_namechecks", "-verify_return_error",
    ]  # fmt: skip
    for one in records:
        command += [
            "-dane_tlsa_rrdata",
            f"{one.usage} {one.selector} {one.matching} {one.data.hex()}",
        ]
    pipe = asyncio.subprocess.PIPE
    running = await asyncio.create_subprocess_exec(
        program, *command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
    )
    out, err = await asyncio.wait_for(running.communicate(), 30)
    said = (out + err).decode(errors="replace")
    assert ("Verification: OK" in said) != ("erif" in said and "error" in said), said
    return "Verification: OK" in said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_openssl_says_the_same(case: Case, tmp_path: Path) -> None:
    async def go() -> tuple[Match, bool]:
        server = MailServer(TURNS, case.leaf.context(tmp_path))
        async with serving(server) as port:
            how = Visiting("probe.example.jp", port=port, public=("127.0.0.0/8",))
            seen = await visit(LOOPBACK, HOST, how)
            assert seen.tls is not None
            ours = verified(case.records, seen.tls.chain, [HOST], datetime.now(UTC))
            return ours.match, await openssl(port, case.records)

    ours, theirs = asyncio.run(go())
    assert (ours is Match.VERIFIED) == theirs
