"""MX: where a domain's mail is delivered, and whether it takes mail at all.

MX records stand at the domain itself, aliases followed (RFC 5321 §5.1). A domain that has none but
has an address takes mail at that address: the implicit MX. A single record `0 .` says that the
domain takes no mail: the null MX (RFC 7505).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

from .. import message
from ..schema import Column
from ..words import SETTLED, Level, Outcome, Purpose, QType, State
from .protocol import Context, Fault, Finding, Measure, RuleSet, ask, settled
from .records import faults_found, found, parsed

NAME = "mx"
FOLLOWS: tuple[str, ...] = ()

IMPLICIT = "implicit"
NULL_MX = "null_mx"
MOST_HOSTS = 50  # kept a domain; a hostile zone can list thousands

COLUMNS = (
    Column(
        "mx",
        pl.String,
        "",
        "present: at least one MX that is not a null MX; implicit: none, but an address; "
        "null_mx: takes no mail; absent; unknown; not_observed",
        "present: null MX でない MX あり、implicit: アドレスのみ、null_mx: 受信しない、"
        "absent、unknown、not_observed",
    ),
    Column(
        "mx_hosts",
        pl.List(pl.String),
        "",
        f"MX hosts by preference, at most {MOST_HOSTS}; null: unknown",
        f"優先度順の MX ホスト（最大 {MOST_HOSTS}）。null: 不明",
    ),
    Column(
        "mx_via_cname",
        pl.Boolean,
        "",
        "the domain is an alias (CNAME): its mail goes where its target's goes; null: unknown",
        "ドメインが CNAME であり、その先に配送されるか。null: 不明",
    ),
)

NULL_MX_BESIDE_OTHERS = Finding(
    "mx.null_mx_beside_others",
    Level.ERROR,
    "RFC 7505 §3",
    "a null MX stands beside other MX records",
    "null MX が他の MX と併存している",
)
NULL_MX_PREFERENCE = Finding(
    "mx.null_mx_preference",
    Level.WARNING,
    "RFC 7505 §3",
    "the null MX has a preference other than 0",
    "null MX の優先度が 0 でない",
)
VIA_CNAME = Finding(
    "mx.via_cname",
    Level.NOTE,
    "RFC 5321 §5.1",
    "the domain is an alias; mail goes to the MX of the alias's target",
    "ドメインが CNAME であり、その先の MX に配送される",
)
ADDRESS_LITERAL = Finding(
    "mx.address_literal",
    Level.ERROR,
    "RFC 1035 §3.3.9",
    "an MX names an IP address where a host name must stand",
    "MX にホスト名でなく IP アドレスが書かれている",
)
LOCALHOST = Finding(
    "mx.localhost",
    Level.ERROR,
    "RFC 6761 §6.3",
    "an MX names localhost: every sender would deliver to itself",
    "MX が localhost を指している",
)
SINGLE_LABEL = Finding(
    "mx.single_label",
    Level.WARNING,
    "RFC 5321 §2.3.5",
    "an MX names a host of a single label, not a fully qualified name",
    "MX のホスト名が完全修飾名でない（ラベルが一つ）",
)
FINDINGS = (
    NULL_MX_BESIDE_OTHERS,
    NULL_MX_PREFERENCE,
    VIA_CNAME,
    ADDRESS_LITERAL,
    LOCALHOST,
    SINGLE_LABEL,
)

# The table's denominators are made of `mx`; a share of it would be 100 % in `with_mx`.
MEASURES: tuple[Measure, ...] = ()
RULE_SETS: tuple[RuleSet, ...] = ()

IPV4 = re.compile(r"\[?\d{1,3}(\.\d{1,3}){3}\]?")
IPV6 = re.compile(r"\[?(ipv6:)?[0-9a-f]*:[0-9a-f:.]*\]?")
PREFERENCE_AT, EXCHANGE_AT = 0, 2  # RFC 1035 §3.3.9: 16 bits, then the name


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The MX of every domain. domains: `domain`. Returns `schema.ASKS`."""
    return ask(domains, pl.col("domain"), QType.MX, "mx")


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """The addresses that an implicit MX would have: A, and AAAA only where there is no A.

    Only a name that exists and has no MX at all has one; NXDOMAIN ends it (RFC 5321 §5.1). But a
    rebuilt NXDOMAIN may hide an alias that leads nowhere (RFC 6604 §3), so the CNAME is asked for.
    """
    void = pl.col("outcome") == Outcome.NO_DATA.value
    no_mx = facts.filter(void, pl.col("why") == "mx")
    no_a = facts.filter(void, pl.col("why") == "mx-implicit", pl.col("qtype") == int(QType.A))
    no_name = pl.col("outcome") == Outcome.NO_NAME.value
    hidden = facts.filter(no_name, "rebuilt", pl.col("why") == "mx")
    return pl.concat(
        [
            ask(hidden, pl.col("name"), QType.CNAME, "mx-alias"),
            ask(no_mx, pl.col("name"), QType.A, "mx-implicit"),
            ask(no_a, pl.col("name"), QType.AAAA, "mx-implicit"),
        ]
    )


@dataclass(frozen=True, slots=True)
class Record:
    """One MX record. host: "." is the null MX."""

    preference: int
    host: str
    faults: tuple[Fault, ...]


def parse(payload: bytes) -> Record | None:
    """Read the rdata of one MX; faults stand at offsets in it. None: not an MX's rdata.

    Never raises, whatever the bytes.
    """
    try:
        preference, host = message.exchange(payload)
        whole = len(payload) == 2 + len(message.wire_name(payload, 2)[0])
    except (IndexError, message.Malformed):
        return None
    if not whole:
        return None
    faults = []
    if host == "." and preference != 0:  # RFC 7505 §3
        faults.append(Fault(NULL_MX_PREFERENCE, PREFERENCE_AT, f"{preference} ."))
    elif flaw := host_flaw(host):
        faults.append(Fault(flaw, EXCHANGE_AT, f"{preference} {host}"))
    return Record(preference, host, tuple(faults))


def host_flaw(host: str) -> Finding | None:
    """What is wrong with a host name by itself. host: presentation form, lower case."""
    plain = host.replace("\\", "")
    if IPV4.fullmatch(plain) or IPV6.fullmatch(plain):
        return ADDRESS_LITERAL
    if host in ("localhost", "localhost.localdomain") or host.endswith(".localhost"):
        return LOCALHOST
    if "." not in host:
        return SINGLE_LABEL
    return None


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings and the state of every domain's MX.

    facts: `schema.FACTS`; domains: `domain`. Returns findings (`schema.FINDINGS` less `protocol`)
    and states (`domain` and COLUMNS).
    """
    domains = domains.select("domain")
    surveyed = facts.filter(~pl.col("cd"), pl.col("purpose") == Purpose.SURVEY.value).join(
        domains, left_on="name", right_on="domain", how="semi"
    )
    answers = answer_rows(surveyed)
    published = read(answers)
    states = domains
    for qtype in (QType.MX, QType.A, QType.AAAA):
        outcome = surveyed.filter(pl.col("qtype") == int(qtype)).select(
            domain="name", **{qtype.name: "outcome"}
        )
        states = states.join(outcome, on="domain", how="left")
    states = states.join(summary(published), on="domain", how="left")
    states = states.join(aliases(answers), on="domain", how="left")
    return findings(published), states.select("domain", *state_columns())


def answer_rows(facts: pl.LazyFrame) -> pl.LazyFrame:
    """The records of the answers to the MX and CNAME questions: domain, owner, type, rdata."""
    return (
        facts.filter(pl.col("qtype").is_in([int(QType.MX), int(QType.CNAME)]), settled())
        .select("name", "rrs")
        .explode("rrs")
        .select(pl.col("name").alias("domain"), pl.col("rrs").struct.unnest())
        .filter(pl.col("section") == message.ANSWER)
        .select("domain", "owner", "type", "rdata")
    )


def aliases(answers: pl.LazyFrame) -> pl.LazyFrame:
    """The domains that are themselves aliases: domain, via_cname (true)."""
    is_alias = (pl.col("type") == int(QType.CNAME)) & (pl.col("owner") == pl.col("domain"))
    return answers.filter(is_alias).select("domain", via_cname=pl.lit(True)).unique()


def read(answers: pl.LazyFrame) -> pl.LazyFrame:
    """The MX records, one a row, by preference.

    domain, name, payload, preference, host, via_cname, faults.
    """
    listed = answers.filter(pl.col("type") == int(QType.MX)).select(
        "domain", name="domain", payload="rdata"
    )
    fields = {"preference": pa.uint16(), "host": pa.large_string()}
    return (
        listed.unique()
        .join(parsed(listed, parse, fields), on="payload")
        .join(aliases(answers), on="domain", how="left")
        .sort("domain", "preference", "host")
    )


def summary(published: pl.LazyFrame) -> pl.LazyFrame:
    """One row a domain that has MX records: domain, hosts (no null MX), has_null_mx."""
    is_null = pl.col("host") == "."
    return published.group_by("domain").agg(
        hosts=pl.col("host").filter(~is_null).unique(maintain_order=True).head(MOST_HOSTS),
        has_null_mx=is_null.any(),
    )


def findings(published: pl.LazyFrame) -> pl.LazyFrame:
    """What is wrong with each record, then with each domain's records together."""
    once = published.group_by("domain", "name").agg(
        pl.col("host"), via_cname=pl.col("via_cname").any()
    )
    beside_others = pl.col("host").list.contains(".") & (pl.col("host").list.n_unique() > 1)
    hosts = pl.col("host").list.head(MOST_HOSTS).list.join(" ")
    return pl.concat(
        [
            faults_found(published),
            found(once.filter(beside_others), NULL_MX_BESIDE_OTHERS, hosts),
            found(once.filter("via_cname"), VIA_CNAME),
        ]
    )


def state_columns() -> list[pl.Expr]:
    """COLUMNS, from the outcomes MX, A and AAAA, the records' summary, and via_cname."""
    seen = outcome_in("MX", SETTLED)
    return [
        state().alias("mx"),
        pl.when(seen)
        .then(pl.col("hosts").fill_null(pl.lit([], pl.List(pl.String))))
        .alias("mx_hosts"),
        pl.when(seen).then(pl.col("via_cname").fill_null(False)).alias("mx_via_cname"),
    ]


def state() -> pl.Expr:
    """The column `mx`. A failure is never an absence."""
    void = (Outcome.NO_DATA, Outcome.NO_NAME)
    no_address = outcome_in("A", (Outcome.NO_NAME,)) | (
        outcome_in("A", void) & outcome_in("AAAA", void)
    )
    has_address = outcome_in("A", (Outcome.ANSWERED,)) | outcome_in("AAAA", (Outcome.ANSWERED,))
    no_mx = outcome_in("MX", (Outcome.NO_DATA,))  # RFC 5321 §5.1: then, and only then, implicit
    aaaa_unasked = outcome_in("A", void) & not_asked("AAAA")
    return (
        pl.when(pl.col("hosts").list.len() > 0)
        .then(pl.lit(State.PRESENT.value))
        .when(pl.col("has_null_mx"))
        .then(pl.lit(NULL_MX))
        .when(outcome_in("MX", (Outcome.NO_NAME,)))
        .then(pl.lit(State.ABSENT.value))
        .when(no_mx & has_address)
        .then(pl.lit(IMPLICIT))
        .when(no_mx & no_address)
        .then(pl.lit(State.ABSENT.value))
        .when(not_asked("MX") | (no_mx & (not_asked("A") | aaaa_unasked)))
        .then(pl.lit(State.NOT_OBSERVED.value))
        .otherwise(pl.lit(State.UNKNOWN.value))
    )


def outcome_in(question: str, outcomes: Sequence[Outcome]) -> pl.Expr:
    """Was a question's outcome one of these? False where there is no fact."""
    return pl.col(question).is_in([outcome.value for outcome in outcomes]).fill_null(False)


def not_asked(question: str) -> pl.Expr:
    """Was the question never put?"""
    return pl.col(question).is_null() | outcome_in(question, (Outcome.NOT_ASKED,))


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON. hosts: null where the question brought no answer."""
    return {"state": state["mx"], "hosts": state["mx_hosts"]}
