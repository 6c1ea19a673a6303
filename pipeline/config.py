"""A study's TOML file, read into typed settings.

The dataclasses below are the only list of what may stand in a study: the allowed keys, their
types, ranges and defaults are read off their fields. Whatever is wrong ends in a `ConfigError` of
one line: which file, which line, what is wrong, what is allowed.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, replace
from pathlib import Path
from typing import Any

import idna

from .tomlread import ConfigError as ConfigError  # who reads a study catches it from here
from .tomlread import Reader, text_of
from .tomlread import line_with as line_with
from .words import Denominator, EngineName, QType

FORMATS = ("text", "csv", "json", "jsonl", "parquet", "zone", "xlsx", "ods")
ENCODINGS = (
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp932", "shift_jis", "euc_jp", "iso2022_jp",
    "latin-1", "cp1252",
)  # fmt: skip
LAB = "lab:"
"""A list path that begins so is not a file beside the study, but written by the embedded lab."""
LAB_RESOLVER = "lab"
"""The address that stands for the embedded lab's server."""
ALL_COLUMNS = "*"
CANARY = ("aspmx.l.google.com", "outlook-com.olc.protection.outlook.com", "mx01.mail.icloud.com")
"""Hosts of large operators: of these one at least always answers."""
SKIPPABLE = ("smtp", "https")


# --- what a value may be -------------------------------------------------------------------------


def between(default: Any, least: float, most: float) -> Any:
    """A number with its range, both ends inclusive. default: MISSING makes the key required."""
    return field(default=default, metadata={"least": least, "most": most})


def read_by(read: Callable[[str], str], default: Any = MISSING) -> Any:
    """A text that a function reads; what it raises as ValueError says what is allowed."""
    return field(default=default, metadata={"read": read})


def some_text(text: str) -> str:
    """Any printable text that is not blank."""
    if not text.strip() or not text.isprintable():
        raise ValueError("printable text, not blank")
    return text


def name(text: str) -> str:
    """A domain name, also a single label, as lower-case A-labels (UTS 46) without outer dots."""
    try:
        ascii_name = text if text.isascii() else idna.encode(text, uts46=True).decode()
    except idna.IDNAError:
        ascii_name = ""
    ascii_name = ascii_name.strip(".").lower()
    if not re.fullmatch(r"(?=.{1,253}$)([a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}", ascii_name):
        raise ValueError('a domain name such as "go.jp"')
    return ascii_name


def helo(text: str) -> str:
    """A host's full name, or "" (RFC 5321 §4.1.4)."""
    if text and "." not in name(text):
        raise ValueError('the full name of this host, such as "survey.example.org"')
    return text and name(text)


def suffix(text: str) -> str:
    """A domain name that a cohort's names end with; "" for any."""
    return text and name(text)


def endpoint(text: str) -> str:
    """An IP address with a port, 53 if none is given: "127.0.0.1:53", "[::1]:53"; or "lab"."""
    if text == LAB_RESOLVER:
        return text
    bracketed = re.fullmatch(r"\[([^]]+)\](?::(\d{1,5}))?", text)
    plain = re.fullmatch(r"([^:]+)(?::(\d{1,5}))?", text)
    found = bracketed or plain
    host, port = (found[1], int(found[2] or 53)) if found else (text, 53)
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    wrong_brackets = address and bracketed and address.version == 4
    if address is None or wrong_brackets or not 0 < port < 65536:
        raise ValueError('an IP address with or without a port: "127.0.0.1:53", "[::1]:53"')
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def network(text: str) -> str:
    """A network of IP addresses: "198.18.0.0/15"."""
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        raise ValueError('a network such as "198.18.0.0/15"') from None


def kind_of_question(text: str) -> str:
    """Labels of an owner, a record type, or both: "_mta-sts TXT"; "" for any question."""
    types = [word for word in text.split() if word in QType.__members__]
    labels = [name(word) for word in text.split() if word not in QType.__members__]
    if len(types) > 1 or len(labels) > 1:
        raise ValueError('labels, a record type, or both: "_mta-sts TXT", "TLSA", "_dmarc"')
    return " ".join([*labels, *types])


def one_of(allowed: tuple[str, ...]) -> Callable[[str], str]:
    """A reader for a closed vocabulary."""

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(", ".join(allowed))
        return text

    return read


# --- the settings --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListFile:
    """One list file of a cohort, and how to read it.

    path: relative to the study's file, or "lab:<name>". column: the header's name, or a number
    from 1. strata: further columns to keep; "*" is all of them.
    format, encoding: None finds out.
    """

    path: str = read_by(some_text)
    column: str | int | None = between(None, 1, 1000)
    strata: tuple[str | int, ...] = between((ALL_COLUMNS,), 1, 1000)
    format: str | None = read_by(one_of(FORMATS), None)
    encoding: str | None = read_by(one_of(ENCODINGS), None)


@dataclass(frozen=True, slots=True)
class Cohort:
    """A group of domains that shares are counted for.

    subdomains: whether names below registrable ones count as themselves. known_size: how many
    names the population is known to have. sample: draw so many. title: "" is the name.
    """

    lists: tuple[ListFile, ...]
    name: str = read_by(some_text)
    suffix: str = read_by(suffix, "")
    subdomains: bool = True
    denominator: Denominator = Denominator.WITH_MX
    known_size: int | None = between(None, 1, 10**9)
    sample: int | None = between(None, 1, 10**9)
    title: str = ""


@dataclass(frozen=True, slots=True)
class Resolver:
    """Whom to ask. signed, forged, unsigned: names that show whether it validates."""

    addresses: tuple[str, ...] = read_by(endpoint, ())
    trusted: bool = False
    signed: str | None = read_by(name, None)
    forged: str | None = read_by(name, None)
    unsigned: str | None = read_by(name, None)


@dataclass(frozen=True, slots=True)
class Asking:
    """How to ask. rate: questions/s over all workers, 0 is no limit; pause_s: before a deferred
    round; growth: of timeout and pause, a round; audit: share repeated by the other engine;
    edns: octets, 0 is none."""

    in_flight: int = between(500, 1, 100_000)
    rate: float = between(0.0, 0, 1_000_000)
    timeout_s: float = between(2.0, 0.01, 60)
    tries: int = between(2, 1, 10)
    rounds: int = between(2, 0, 10)
    pause_s: float = between(5.0, 0, 3600)
    growth: float = between(2.0, 1, 10)
    workers: int = between(1, 1, 1024)
    audit: float = between(0.001, 0, 1)
    shard_rows: int = between(7000, 1, 10_000_000)
    flush_s: float = between(10.0, 0.01, 3600)
    edns: int = between(1232, 0, 65_535)
    sockets: int = between(8, 1, 1024)


@dataclass(frozen=True, slots=True)
class Limits:
    """How far follow-ups go: steps from a domain, and questions that one domain may lead to."""

    depth: int = between(20, 1, 1000)
    per_domain: int = between(250, 1, 100_000)


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked beyond what every domain is asked.

    selectors: DKIM selectors a domain at most; selector_list: a file of them, the most common
    first (default: data/selectors.csv). local_parts: of addresses at every domain, for S/MIME and
    OpenPGP. islands: share of the domains whose DNSKEY is asked for. public: networks that count as
    reachable from everywhere although they are reserved, as a lab's are.
    """

    selectors: int = between(24, 0, 1000)
    selector_list: str | None = read_by(some_text, None)
    local_parts: tuple[str, ...] = read_by(some_text, ())
    islands: float = between(0.01, 0, 1)
    public: tuple[str, ...] = read_by(network, ())


@dataclass(frozen=True, slots=True)
class Smtp:
    """How mail servers are visited. helo: the name that we say is ours; "" is this machine's.
    canary: hosts that are known to answer: if none does, port 25 is closed from here. at_once,
    operator_at_once: connections, over all workers; interval_s: between two at one operator. names:
    asked for at one address at most. rounds, pause_s: of what failed for now. ipv6: visit, too."""

    helo: str = read_by(helo, "")
    port: int = between(25, 1, 65_535)
    canary: tuple[str, ...] = read_by(name, CANARY)
    at_once: int = between(200, 1, 10_000)
    operator_at_once: int = between(2, 1, 1000)
    interval_s: float = between(0.5, 0, 3600)
    names: int = between(20, 1, 1000)
    connect_s: float = between(10.0, 0.01, 300)
    reply_s: float = between(30.0, 0.01, 600)
    visit_s: float = between(120.0, 0.01, 3600)
    rounds: int = between(1, 0, 10)
    pause_s: float = between(300.0, 0, 86_400)
    ipv6: bool = False


@dataclass(frozen=True, slots=True)
class Https:
    """How policies and logos are fetched. contact: a URL or address, for the User-Agent.
    timeout_s: of a whole fetch; rounds, pause_s: of what failed for now. anchors: a PEM file of
    trusted certificates; "" is Mozilla's list. They hold for mail servers, too."""

    contact: str = ""
    port: int = between(443, 1, 65_535)
    at_once: int = between(50, 1, 1000)
    timeout_s: float = between(30.0, 0.01, 600)
    rounds: int = between(1, 0, 10)
    pause_s: float = between(60.0, 0, 86_400)
    anchors: str = ""


@dataclass(frozen=True, slots=True)
class Lab:
    """The embedded internet: how many domains, and the shares of questions it misbehaves on.

    delay: the share that is answered `delay_s` seconds late; the other shares are 1 in sum at most.
    only: the kind of question that this befalls, by labels in its name and by type; "" is any.
    """

    seed: int = between(1, 0, 10**15)
    jp: int = between(20_000, 0, 10_000_000)
    go_jp: int = between(330, 0, 10_000_000)
    loss: float = between(0.0, 0, 1)
    delay: float = between(1.0, 0, 1)
    delay_s: float = between(0.0, 0, 60)
    servfail: float = between(0.0, 0, 1)
    refused: float = between(0.0, 0, 1)
    wrong_id: float = between(0.0, 0, 1)
    garbage: float = between(0.0, 0, 1)
    truncation: float = between(0.0, 0, 1)
    only: str = read_by(kind_of_question, "")


SHARES = ("loss", "servfail", "refused", "wrong_id", "garbage", "truncation")


@dataclass(frozen=True, slots=True)
class Study:
    """One study. seed: of samples and of the audit. reference: published figures to print beside.
    opt_out: a list of names that are never asked, with all below them. skip: "smtp", "https"."""

    cohorts: tuple[Cohort, ...]
    resolver: Resolver
    asking: Asking
    limits: Limits
    questions: Questions
    smtp: Smtp
    https: Https
    lab: Lab | None
    path: Path
    name: str = read_by(some_text)
    title: str = read_by(some_text)
    seed: int = between(1, 0, 10**15)
    engine: EngineName = field(default=EngineName.WIRE, metadata={"of": ("wire", "cares")})
    opt_out: str | None = read_by(some_text, None)
    private_suffixes: bool = False
    reference: tuple[str, ...] = ()
    skip: tuple[str, ...] = read_by(one_of(SKIPPABLE), ())


TABLES = ("study", "cohort", "resolver", "asking", "limits", "questions", "smtp", "https", "lab")


# --- loading -------------------------------------------------------------------------------------


def load_study(path: Path) -> Study:
    """Read a study. List files are not opened yet. Raises ConfigError."""
    reader = Reader(path, text_of(path))
    found = reader.parsed()
    for table in found:
        if table not in TABLES:
            reader.unknown("table", table, TABLES, (table, 0, ""))
    cohorts = tuple(
        reader.table(Cohort, values, ("cohort", number, ""))
        for number, values in enumerate(reader.array(found, "cohort"))
    )
    lab = reader.one(Lab, found, "lab") if "lab" in found else None
    resolver: Resolver = reader.one(Resolver, found, "resolver")
    if lab and not resolver.addresses:
        resolver = replace(resolver, addresses=(LAB_RESOLVER,))
    study: Study = reader.one(
        Study,
        found,
        "study",
        cohorts=cohorts,
        resolver=resolver,
        asking=reader.one(Asking, found, "asking"),
        limits=reader.one(Limits, found, "limits"),
        questions=reader.one(Questions, found, "questions"),
        smtp=reader.one(Smtp, found, "smtp"),
        https=reader.one(Https, found, "https"),
        lab=lab,
        path=path,
    )
    consistent(study, reader)
    return study


def consistent(study: Study, reader: Reader) -> None:
    """Check what no key tells alone. Raises ConfigError."""
    names = [cohort.name for cohort in study.cohorts]
    for number, named in enumerate(names):
        if named in names[:number]:
            reader.fail(("cohort", number, "name"), f"a second cohort {named!r}", "a name once")
    addresses = study.resolver.addresses
    if not addresses or (LAB_RESOLVER in addresses and not study.lab):
        wrong = "no [lab] to ask" if addresses else "no resolver to ask"
        allowed = '[resolver] addresses = ["127.0.0.1:53"]'
        reader.fail(("resolver", 0, "addresses"), wrong, allowed)
    if study.lab and sum(getattr(study.lab, share) for share in SHARES) > 1:
        reader.fail(("lab", 0, ""), f"{' + '.join(SHARES)} is over 1", "a sum of at most 1")
