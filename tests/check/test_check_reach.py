"""A check that reaches out: mail servers, policies and logos of the lab, held against its plan."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
import typer

from pipeline import arguments
from pipeline.ask.dns.examine import Examination
from pipeline.ask.https import Fetching
from pipeline.ask.smtp.visit import Visiting
from pipeline.check import Source, check, wanted
from pipeline.config import Asking, Lab
from pipeline.lab import authority, hosting, server, truth
from pipeline.lab.plan import plan
from pipeline.lab.planned import Outage
from pipeline.reaching import Ready

LAB = Lab(seed=3, jp=400, go_jp=0)
PUBLIC = ("127.18.0.0/15",)
QUICK = Asking(timeout_s=0.3, tries=1, rounds=0, pause_s=0.0)


@pytest.fixture(scope="module")
def source() -> Iterator[Source]:
    settings = json.dumps(asdict(LAB))
    with server.start(f"plan:{settings}") as address, hosting.start(settings) as hosts:
        examined = Examination(address, True, None, True, True, "it validates")
        how = Visiting("survey.lab", 0.5, 0.5, 2.0, PUBLIC, hosts.smtp_port)
        anchors = (authority.ROOT,)
        web = Fetching("", hosts.https_port, 50, 1.0, PUBLIC, anchors, (address,))
        ready = Ready(how, web, dict.fromkeys(("smtp", "https"), "a test"))
        yield Source(resolvers=(examined,), asking=QUICK, ready=ready)


def test_the_plan(source: Source) -> None:
    """Every domain that has STARTTLS or DANE of its own, or a policy or logo, and some others."""
    asked = truth.Asked(web=True, visits=True, addresses=False, thorough=True)
    planned = plan(LAB)
    states = {
        row["domain"]: row["states"]
        for row in truth.truths(planned, asked)
        if row["outage"] == Outage.NOTHING.value
    }
    special = {row.domain for row in planned.rows if row.hosts or {"mtasts", "bimi"} & {*row.ways}}
    domains = [domain for number, domain in enumerate(states) if domain in special or number < 50]
    reports = check(domains, source, wanted())
    assert len(reports) == len(domains) > 100
    for report in reports:
        state = states[report["domain"]]
        assert seen(report) == {key: state[key] for key in seen(report)}, report["domain"]


def seen(report: dict[str, Any]) -> dict[str, Any]:
    return {
        "starttls": report["starttls"]["state"],
        "starttls_certificates": report["starttls"]["certificates"],
        "dane_verified": report["dane"]["verified"],
        "mtasts": report["mtasts"]["state"],
        "bimi_logo": report["bimi"]["logo"],
        "bimi_mark": report["bimi"]["mark"],
    }


def test_a_zone_file_has_no_mail_servers() -> None:
    with pytest.raises(typer.BadParameter, match="--reach"):
        arguments.reaching(Source(answer=lambda name, qtype, cd: None), "survey.example.org")
