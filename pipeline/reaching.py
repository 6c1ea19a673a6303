"""A run beyond the DNS: made ready by its study, planned by its facts, done in two looks.

The first look visits every mail server once and fetches policies and logos. The second asks TLSA
again and visits again where a certificate did not fit.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import certifi
import polars as pl

from .ask.beyond import Beyond
from .ask.https import Fetching
from .ask.smtp.canary import canary
from .ask.smtp.visit import Visiting
from .config import Asking, ConfigError, Https, Smtp, Study
from .protocols import ALL
from .protocols.certificates import certificates_in, read
from .protocols.protocol import AsksAgain, Before, Context
from .schema import CERTIFICATES, FETCHES, VISITS
from .store import Store
from .words import EngineName, Purpose

ANCHORS, STATES_FILE = "anchors.pem", "states.parquet"
LAB_HELO = "survey.lab"
NO_NAMES = ("localdomain", "localhost", "local", "arpa", "internal", "lan")
SKIPPED = "left out by the study"
EVERYTHING = {kind: {"is_made": True} for kind in ("smtp", "https")}


@dataclass(frozen=True, slots=True)
class Ready:
    """visiting, fetching: None: not done. why: by kind, a sentence for the manifest."""

    visiting: Visiting | None
    fetching: Fetching | None
    why: Mapping[str, str]

    def told(self) -> dict[str, Any]:
        """For the manifest: what was done, and why so."""
        return {
            "smtp": {"is_made": self.visiting is not None, "why": self.why["smtp"]},
            "https": {"is_made": self.fetching is not None, "why": self.why["https"]},
        }


def anchors_text(study: Study, given: str = "") -> str:
    """The certificates that the study trusts, PEM. given: a lab's. Raises ConfigError."""
    if given:
        return given
    named = study.https.anchors
    path = study.path.parent / named if named else certifi.where()
    try:
        with open(path, encoding="ascii") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(f"{study.path}: [https] anchors: {path}: {fault}") from None
    found = certificates_in(text)
    if not found or any(read(der) is None for der in found):
        wrong = "one of its certificates cannot be read" if found else "no certificate (PEM) in it"
        raise ConfigError(f"{study.path}: [https] anchors: {path}: {wrong}")
    return text


def is_full_name(name: str) -> bool:
    """Is it a name that others can look up (RFC 5321 §4.1.4)?"""
    labels = name.rstrip(".").split(".")
    return name.isascii() and len(labels) > 1 and labels[-1] not in NO_NAMES


def helo_of(study: Study) -> str:
    """The name that we say is ours. Raises ConfigError: none is set, and the machine has none."""
    name = study.smtp.helo or (LAB_HELO if study.lab else socket.getfqdn())
    if not is_full_name(name):
        cure = 'set helo = "host.example.org", or skip = ["smtp"] in [study]'
        raise ConfigError(f"{study.path}: [smtp] helo: this machine has no full name; {cure}")
    return name


def ready_for_check(helo: str, resolvers: tuple[str, ...], settings: Smtp) -> Ready:
    """To reach out for single domains: no canary, for somebody waits. helo: "": this machine's.

    Raises ConfigError: the machine has no full name.
    """
    name = helo or socket.getfqdn()
    if not is_full_name(name):
        raise ConfigError(
            "this machine has no full name; say which is ours: --helo HOST.EXAMPLE.ORG"
        )
    with open(certifi.where(), encoding="ascii") as file:
        anchors = certificates_in(file.read())
    https = Https()
    return Ready(
        Visiting(name, settings.connect_s, settings.reply_s, settings.visit_s),
        Fetching("", https.port, https.at_once, https.timeout_s, (), anchors, resolvers),
        dict.fromkeys(("smtp", "https"), "on request"),
    )


def made_ready(
    study: Study, resolvers: tuple[str, ...], public: tuple[str, ...], anchors: tuple[bytes, ...]
) -> Ready:
    """What of the study can be done from here: the canary is tried now. Raises ConfigError."""
    why = dict.fromkeys(("smtp", "https"), SKIPPED)
    visiting = fetching = None
    if "smtp" not in study.skip:
        settings = study.smtp
        how = Visiting(
            helo=helo_of(study),
            connect_s=settings.connect_s,
            reply_s=settings.reply_s,
            visit_s=settings.visit_s,
            public=public,
            port=settings.port,
        )
        is_open, why["smtp"] = asyncio.run(canary(settings.canary, resolvers, study.asking, how))
        visiting = how if is_open else None
    if "https" not in study.skip:
        why["https"] = "fetched"
        fetching = Fetching(
            contact=study.https.contact,
            port=study.https.port,
            at_once=study.https.at_once,
            timeout_s=study.https.timeout_s,
            public=public,
            anchors=anchors,
            resolvers=resolvers,
        )
    return Ready(visiting, fetching, why)


def with_outside(context: Context, store: Store, told: Mapping[str, Any]) -> Context:
    """The context with what a run fetched and visited. told: see `Ready.told`; {}: nothing."""

    def is_made(kind: str) -> bool:
        return bool(told.get(kind, {}).get("is_made"))

    return replace(
        context,
        visits=store.scan("visits", VISITS) if is_made("smtp") else None,
        fetches=store.scan("fetches", FETCHES) if is_made("https") else None,
        certificates=store.scan("certificates", CERTIFICATES),
        anchors=certificates_in(store.read_text(ANCHORS))
        if store.has(ANCHORS)
        else context.anchors,
        before=before(store, told.get("before")),
    )


def before(store: Store, name: str | None) -> Before | None:
    """What the study's run before found, if it still lies beside this one and was judged."""
    earlier = Store(store.root.parent / name) if name else None
    if earlier is None or not earlier.has(STATES_FILE):
        return None
    return Before(earlier.read("states"), earlier.scan("fetches", FETCHES))


Plan = Callable[[Context], tuple[pl.DataFrame, pl.DataFrame]]
"""What the facts so far make worth visiting and fetching, see `judge.wanting`."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Both looks of a run, or of a check."""

    beyond: Beyond
    context: Context
    plan: Plan
    engine: EngineName
    resolvers: tuple[str, ...]
    asking: Asking

    def run(self) -> bool:
        """Take them. Returns false: stopped on request."""
        if self.beyond.visiting or self.beyond.fetching:
            self.look(Purpose.SURVEY)
        if self.beyond.visiting and self.beyond.is_whole:
            self.look(Purpose.CONFIRM)
        return self.beyond.is_whole

    def look(self, purpose: Purpose) -> None:
        """One look: what the facts so far make worth it, less what is kept."""
        store = self.beyond.store
        visits, fetches = self.plan(with_outside(self.context, store, EVERYTHING))
        visits = visits.filter(purpose=purpose.value)
        for protocol in ALL:
            if isinstance(protocol, AsksAgain):
                asks = protocol.asks_again(visits.lazy()).collect()
                self.beyond.ask_again(asks, self.engine, self.resolvers, self.asking)
        if self.beyond.is_whole:
            self.beyond.run(visits, fetches)
