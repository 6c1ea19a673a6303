"""HELO: may a mail host speak under its own name?

A host introduces itself by name (HELO, EHLO), and a receiver checks SPF for that name, too, above
all where the return path is empty, as a bounce's is (RFC 7208 §2.3, §2.4). So each host that
handles mail should publish a record of its own, most often `v=spf1 a -all` (RFC 7208 §10.1.2,
§10.1.3).

The DNS does not say which names a domain's outgoing servers use: looked at are its MX hosts, which
take mail in and need not send any. A domain whose mail goes out elsewhere may lack these records
and lose nothing, so nothing here is an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from .. import message
from ..schema import Column
from ..words import Level, Outcome, QType, State
from . import spf
from .mx import IMPLICIT, NULL_MX, listed_hosts, may_be_cut
from .protocol import Context, Fault, Finding, Measure, RuleSet, ask
from .records import as_findings, found, parsed
from .spf.answers import read

NAME = "helo"
FOLLOWS: tuple[str, ...] = ("mx",)
LEADING: tuple[str, ...] = ("mx", "mx-implicit")

ALL, SOME, NONE = "all", "some", "none"
VALID, INVALID, MULTIPLE = "valid", "invalid", "multiple"  # at one host, beside State's own

COLUMNS = (
    Column(
        "helo",
        pl.String,
        "",
        "how many of the MX hosts have exactly one SPF record, free of syntax errors: all, some, "
        "none; not_applicable: the domain takes no mail; unknown; not_observed",
        "MX ホストのうち、文法誤りのない SPF レコードをちょうど一つ持つもの（all、some、none）。"
        "not_applicable: 受信しない、unknown、not_observed",
    ),
    Column(
        "helo_hosts",
        pl.List(pl.Struct({"host": pl.String, "state": pl.String})),
        "",
        "each MX host's SPF record: valid, invalid (syntax), multiple, absent, unknown, "
        "not_observed; null: hosts unknown",
        "各 MX ホストの SPF レコード（valid、invalid: 文法誤り、multiple: 複数、absent、unknown、"
        "not_observed）。null: ホスト不明",
    ),
)

NO_RECORD = Finding(
    "helo.no_record",
    Level.NOTE,
    "RFC 7208 §10.1.3",
    "MX hosts without an SPF record of their own: receivers cannot check a bounce from them",
    "自身の SPF レコードを持たない MX ホストがある。そこから出るバウンスを受信側が検証できない",
    "example.jp. MX 10 mx1.example.jp.\n(mx1.example.jp has no TXT record)",
    'If the host sends mail under this name, publish "v=spf1 a -all" at it.',
    "このホスト名でメールを送信する場合は、ホスト名に「v=spf1 a -all」を公開してください。",
)
MULTIPLE_RECORDS = Finding(
    "helo.multiple_records",
    Level.WARNING,
    "RFC 7208 §4.5",
    "an MX host has more than one SPF record: none of them counts",
    "MX ホストに SPF レコードが複数あり、どれも有効にならない",
    'mx1.example.jp. TXT "v=spf1 a -all"\nmx1.example.jp. TXT "v=spf1 mx -all"',
    "Put everything into one record at the host's name, and remove the others.",
    "ホスト名の SPF レコードを一つにまとめ、残りを削除してください。",
)
SYNTAX = Finding(
    "helo.syntax",
    Level.WARNING,
    "RFC 7208 §4.6, §12",
    "the SPF record of an MX host has a term that the grammar does not know: the record fails",
    "MX ホストの SPF レコードに文法にない記述があり、レコード全体が無効になる",
    'mx1.example.jp. TXT "v=spf1 ip:192.0.2.1 -all"',
    "Correct the term, or replace the record by v=spf1 a -all.",
    "該当箇所を直すか、「v=spf1 a -all」に置き換えてください。",
)
FINDINGS = (NO_RECORD, MULTIPLE_RECORDS, SYNTAX)

MEASURES = (
    Measure(
        "helo_spf",
        "SPF of all MX hosts (for HELO; an MX host need not be a sender's HELO name)",
        "全 MX ホストに SPF（HELO 用。MX ホストが送信時の HELO 名とは限らない）",
        pl.when(
            pl.col("helo").is_in([ALL, SOME, NONE, State.NOT_APPLICABLE.value]),
        ).then(pl.col("helo") == ALL),
        pl.col("helo") != State.NOT_OBSERVED.value,
    ),
)
RULE_SETS: tuple[RuleSet, ...] = ()

ERRORS = frozenset(finding.code for finding in spf.FINDINGS if finding.level == Level.ERROR)


def asks(domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Nothing: which hosts to ask at is not known before the MX is."""
    return ask(domains.head(0), pl.col("domain"), QType.TXT, NAME)


def follow_ups(facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """TXT at each MX host; where the MX is implicit, the domain is its own host."""
    own = facts.filter(pl.col("why") == "mx-implicit", pl.col("outcome") == Outcome.ANSWERED.value)
    return pl.concat(
        [
            ask(listed_hosts(facts), pl.col("host"), QType.TXT, NAME),
            ask(own, pl.col("name"), QType.TXT, NAME),
        ]
    )


@dataclass(frozen=True, slots=True)
class Record:
    """One SPF record as HELO sees it: is its text right? Its tree is the host's own affair."""

    faults: tuple[Fault, ...]


def parse(payload: bytes) -> Record | None:
    """Read one TXT payload. None: not an SPF record. Never raises, whatever the bytes."""
    record = spf.parse(payload)
    if record is None:
        return None
    wrong = [fault for fault in record.faults if fault.finding.code in ERRORS]
    return Record(tuple(Fault(SYNTAX, fault.at, fault.evidence) for fault in wrong))


def parse_rdata(rdata: bytes) -> Record | None:
    """`parse` of a TXT's strings put together (RFC 7208 §3.3)."""
    return parse(message.text(rdata))


def judge(
    facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings and states, from the columns `mx` and `mx_hosts` and the hosts' TXT.

    Findings: `schema.FINDINGS` less `protocol`. States: `domain` and COLUMNS.
    """
    hosts = hosts_of(domains)
    published, known = published_at(facts, hosts.select("host").unique())
    by_host = hosts.join(known, on="host", how="left", maintain_order="left")
    judged = by_host.with_columns(pl.col("state").fill_null(State.NOT_OBSERVED.value))
    listed = judged.group_by("domain", maintain_order=True).agg(
        helo_hosts=pl.struct("host", "state"), of=pl.col("state")
    )
    states = domains.select("domain", "mx", "mx_hosts").join(listed, on="domain", how="left")
    no_hosts = pl.lit([], COLUMNS[1].dtype)
    takes_none = pl.col("mx").is_in([NULL_MX, State.ABSENT.value])
    return findings(judged, published), states.select(
        "domain",
        helo=state(),
        helo_hosts=pl.when(takes_none).then(no_hosts).otherwise("helo_hosts"),
    )


def hosts_of(domains: pl.LazyFrame) -> pl.LazyFrame:
    """The hosts that take each domain's mail, by preference: domain, host."""
    implicit = pl.col("mx") == IMPLICIT
    hosts = pl.when(implicit).then(pl.concat_list("domain")).otherwise("mx_hosts")
    return (
        domains.filter(implicit | (pl.col("mx") == State.PRESENT.value))
        .select("domain", host=hosts)
        .explode("host")
    )


def published_at(facts: pl.LazyFrame, hosts: pl.LazyFrame) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """The hosts' SPF records (host, faults), and what they come to (host, state). hosts: `host`."""
    texts = facts.filter(pl.col("qtype") == int(QType.TXT)).join(
        hosts, left_on="name", right_on="host", how="semi"
    )
    answers = read(texts, QType.TXT).select("is_seen", "rdata", host="name").collect().lazy()
    listed = answers.filter("is_seen").explode("rdata").select("host", payload="rdata")
    listed = listed.drop_nulls("payload")
    published = listed.join(parsed(listed, parse_rdata, {}), on="payload")
    counted = published.group_by("host").agg(
        count=pl.len(), is_wrong=(pl.col("faults").list.len() > 0).any()
    )
    return published, answers.join(counted, on="host", how="left").select(
        "host",
        state=pl.when(~pl.col("is_seen"))
        .then(pl.lit(State.UNKNOWN.value))
        .when(pl.col("count").is_null())
        .then(pl.lit(State.ABSENT.value))
        .when(pl.col("count") > 1)  # RFC 7208 §4.5
        .then(pl.lit(MULTIPLE))
        .when("is_wrong")
        .then(pl.lit(INVALID))
        .otherwise(pl.lit(VALID)),
    )


def findings(judged: pl.LazyFrame, published: pl.LazyFrame) -> pl.LazyFrame:
    """One finding of all hosts without a record, one for each host with several, every fault.

    judged: domain, host, state. published: host, faults.
    """
    state = pl.col("state")
    lacking = judged.filter(state == State.ABSENT.value).group_by("domain", maintain_order=True)
    several = judged.filter(state == MULTIPLE).select("domain", name="host")
    wrong = (
        judged.select("domain", "host")
        .join(published, on="host")
        .explode("faults")
        .unnest("faults")
        .drop_nulls("code")
        .rename({"host": "name"})
    )
    return pl.concat(
        [
            found(
                lacking.agg("host").with_columns(name="domain"),
                NO_RECORD,
                pl.col("host").list.join(" "),
            ),
            found(several, MULTIPLE_RECORDS),
            as_findings(wrong),
        ]
    )


def state() -> pl.Expr:
    """The column `helo`, from `mx` and the states of the hosts (`of`)."""
    mx, of = pl.col("mx"), pl.col("of").list
    hidden = [State.UNKNOWN.value, State.NOT_OBSERVED.value]
    is_hidden = of.eval(pl.element().is_in(hidden)).list.any()
    has_valid = of.contains(VALID)
    has_other = of.eval(~pl.element().is_in([VALID, *hidden])).list.any()
    return (
        pl.when(mx.is_in([NULL_MX, State.ABSENT.value]))
        .then(pl.lit(State.NOT_APPLICABLE.value))
        .when(mx.is_in(hidden))
        .then(mx)
        .when(has_valid & has_other)
        .then(pl.lit(SOME))
        .when(is_hidden)
        .then(
            pl.when(of.contains(State.UNKNOWN.value))
            .then(pl.lit(State.UNKNOWN.value))
            .otherwise(pl.lit(State.NOT_OBSERVED.value))
        )
        .when(may_be_cut())
        .then(pl.lit(State.NOT_OBSERVED.value))
        .otherwise(pl.when(has_valid).then(pl.lit(ALL)).otherwise(pl.lit(NONE)))
    )


def show(state: Mapping[str, Any]) -> dict[str, Any]:
    """The facet's JSON. hosts: null where they are not known."""
    hosts = state["helo_hosts"]
    return {
        "state": state["helo"],
        "hosts": None if hosts is None else {one["host"]: one["state"] for one in hosts},
    }
