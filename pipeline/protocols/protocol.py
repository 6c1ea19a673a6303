"""What a protocol file provides, and the words it uses for it.

A protocol is a module (or a package) with these names; `protocols.ALL` lists them:

    NAME       the facet's name, the first part of its columns, its finding codes and its `why`s
    FOLLOWS    the protocols whose answers it follows, too (a `why` of theirs), or judges by
    LEADING    the `why`s, its own and those of others, whose answers may lead on
    COLUMNS    the state columns that `judge` fills, as `schema.Column`
    FINDINGS   every finding it can make
    MEASURES   what the adoption table counts of it
    RULE_SETS  which findings count as broken, under which reading (may be empty)

    asks(domains, context)         → asks   what to ask to begin with
    follow_ups(facts, context)     → asks   what the last wave's facts make worth asking
    parse(payload)                 → Record or None   total: whatever the bytes, it never raises
    judge(facts, domains, context) → (findings, states)
    show(state)            → dict      one domain's facet in the JSON of `check`

and one that has to know of all domains at once has `across` as well, see `LooksAcross`; one that
wants something from the web has `fetches`, one that wants mail servers visited has `visits`.

`asks`, `follow_ups` and `judge` are pure functions from lazy frames to lazy frames.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import polars as pl

from ..schema import ASKS, CERTIFICATES, Column, polars_schema
from ..words import SETTLED, Level, Purpose, QType


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that can be wrong or notable. The code is stored, and never reused.

    en, ja: what it means, in a line. example: what was published, as one would show it to its
    owner. fix_en, fix_ja: what the owner should do.
    """

    code: str
    level: Level
    rfc: str
    en: str
    ja: str
    example: str = ""
    fix_en: str = ""
    fix_ja: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A finding met in one payload: where it stands (byte offset) and the text that shows it."""

    finding: Finding
    at: int
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Class:
    """One class of mistakes in a rule set: the codes of the findings that put a domain into it.

    needs: a Boolean expression over the states: was enough seen to say that a domain without
    these findings is free of them? Where false, the class is unknown for that domain.
    """

    name: str
    codes: tuple[str, ...]
    en: str
    ja: str
    needs: pl.Expr = field(default_factory=lambda: pl.lit(True))


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A reading of what counts as broken: frozen data with an id, so readings can be compared.

    of: a Boolean expression over the states: the domains that the classes are counted among
    (null: not known whether it belongs).
    worst: the state column whose greatest value is printed beside the classes.
    """

    name: str
    source: str
    classes: tuple[Class, ...]
    of: pl.Expr
    broken: tuple[str, ...]  # names of the classes whose union is "broken"
    worst: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the adoption table.

    value: a Boolean expression over the states: true yes, false no, null unknown.
    observed: false where the facet was not observed at all, which is neither no nor unknown.
    """

    name: str
    en: str
    ja: str
    value: pl.Expr
    observed: pl.Expr = field(default_factory=lambda: pl.lit(True))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a study asks beyond what every domain is asked.

    selectors: DKIM's, in the order in which they are worth asking; budget: so many a domain at
    most. selectors_only: these, and none that a provider is known for. local_parts: of addresses at
    every domain; addresses: further (local part, domain). islands: the share of the domains whose
    DNSKEY is asked for, from 0 to 1, drawn by `seed`. public: networks that count as reachable from
    everywhere although RFC 6890 reserves them, as a lab's are. ipv6: visit mail servers at their
    IPv6 addresses, too.
    """

    selectors: tuple[str, ...] = ()
    budget: int = 0
    selectors_only: bool = False
    local_parts: tuple[str, ...] = ()
    addresses: tuple[tuple[str, str], ...] = ()
    islands: float = 0.0
    seed: int = 1
    public: tuple[str, ...] = ()
    ipv6: bool = False


@dataclass(frozen=True, slots=True)
class Before:
    """What an earlier run of the study found. states: with the columns of that version's rules."""

    states: pl.LazyFrame
    fetches: pl.LazyFrame


@dataclass(frozen=True, slots=True)
class Context:
    """What asking and judging need besides domains and facts.

    trusted: the resolvers (as in the facts' `resolver`) whose AD bit may be believed.
    registrable: a name's registrable domain by the Public Suffix List's ICANN part, None: none.
    wanted: what this study asks beyond the rest. fetches: what URLs brought (`schema.FETCHES`);
    visits: what mail servers showed (`schema.VISITS`); None: nothing was ever fetched or visited,
    which is neither an answer nor a failure. certificates: those that were shown
    (`schema.CERTIFICATES`). anchors: the certificates trusted in the web, DER. before: the study's
    run before this one; None: this is the first. across: by protocol, what it had to see of all
    domains at once; None: those at hand are all.
    """

    trusted: frozenset[str]
    registrable: Callable[[str], str | None]
    wanted: Wanted = Wanted()
    fetches: pl.LazyFrame | None = None
    visits: pl.LazyFrame | None = None
    certificates: pl.LazyFrame = field(
        default_factory=lambda: pl.LazyFrame(schema=polars_schema(CERTIFICATES))
    )
    anchors: tuple[bytes, ...] = ()
    before: "Before | None" = None
    across: Mapping[str, pl.DataFrame] | None = None


class MailProtocol(Protocol):
    """The shape of a protocol module, for the type checker."""

    @property
    def NAME(self) -> str:
        """The first part of its columns and finding codes."""

    @property
    def FOLLOWS(self) -> tuple[str, ...]:
        """The names of the protocols whose answers it follows or judges by."""

    @property
    def LEADING(self) -> tuple[str, ...]:
        """The `why`s, its own and those of others, from whose answers `follow_ups` makes asks."""

    @property
    def COLUMNS(self) -> tuple[Column, ...]:
        """The state columns that `judge` fills."""

    @property
    def FINDINGS(self) -> tuple[Finding, ...]:
        """Every finding it can make."""

    @property
    def MEASURES(self) -> tuple[Measure, ...]:
        """What the adoption table counts of it."""

    @property
    def RULE_SETS(self) -> tuple[RuleSet, ...]:
        """Its readings of what counts as broken."""

    def asks(self, domains: pl.LazyFrame, context: Context) -> pl.LazyFrame:
        """What to ask to begin with. domains: `domain`. Returns `schema.ASKS`."""

    def follow_ups(self, facts: pl.LazyFrame, context: Context) -> pl.LazyFrame:
        """What a wave's facts make worth asking. facts: `schema.FACTS` and `why` of the ask.

        Called for facts with a `why` of LEADING, others among them.
        Each fact leads on by itself: which facts come together is chance. What needs two of them
        asks the second again under a `why` of its own; a kept fact is handed in once for each.
        """

    def judge(
        self, facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context
    ) -> tuple[pl.LazyFrame, pl.LazyFrame]:
        """Findings (`schema.FINDINGS` less `protocol`) and states (`domain` and COLUMNS).

        domains: `domain`, `exists` and the columns of the protocols that stand before it in ALL.
        """

    def show(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """One row of states as this facet's JSON, without its findings."""


@runtime_checkable
class LooksAcross(Protocol):
    """A protocol that says of one domain what others publish, too."""

    def across(self, facts: pl.LazyFrame, domains: pl.LazyFrame, context: Context) -> pl.DataFrame:
        """A few rows, handed to `judge` in its context. domains: `domain`, all that are judged."""


@runtime_checkable
class Fetches(Protocol):
    """A protocol that wants something from the web."""

    def fetches(self, states: pl.LazyFrame, context: Context) -> pl.LazyFrame:
        """What to fetch, by the states of domains, in the columns of FETCH_ASKS."""


@runtime_checkable
class Visits(Protocol):
    """A protocol that wants mail servers visited."""

    def visits(self, facts: pl.LazyFrame, states: pl.LazyFrame, context: Context) -> pl.LazyFrame:
        """What to visit, by the facts and states of domains, in the columns of VISIT_ASKS."""


@runtime_checkable
class AsksAgain(Protocol):
    """A protocol that wants answers anew before mail servers are visited once more."""

    def asks_again(self, visits: pl.LazyFrame) -> pl.LazyFrame:
        """The questions that come before these visits (VISIT_ASKS). Returns `schema.ASKS`."""


FETCH_ASKS = {"url": pl.String, "origin": pl.String, "most": pl.UInt32}  # octets of a body
VISIT_ASKS = {
    "address": pl.String,
    "sni": pl.String,
    "purpose": pl.String,
    "operator": pl.String,
    "is_needed": pl.Boolean,  # false: only if nothing else is asked of the address
}


def settled() -> pl.Expr:
    """Did the question bring something that speaks of the domain?"""
    return pl.col("outcome").is_in([outcome.value for outcome in SETTLED])


def without(prefix: str, name: str = "name") -> pl.Expr:
    """A column of names that all begin so, without that."""
    return pl.col(name).str.slice(len(prefix))


def filled(template: str, *columns: str | pl.Expr) -> pl.Expr:
    """A text with columns in place of its `{}`; null where one of them is.

    `pl.format` would do it, but in Polars 2.1 its streaming engine panics over an empty batch.
    """
    first, *texts = (pl.lit(text) for text in template.split("{}"))
    pairs = zip(columns, texts, strict=True)
    return pl.concat_str(first, *(part for pair in pairs for part in pair))


def ask(
    rows: pl.LazyFrame,
    name: pl.Expr,
    qtype: QType,
    why: str,
    *,
    cd: bool = False,
    purpose: Purpose = Purpose.SURVEY,
) -> pl.LazyFrame:
    """Asks, one for each row of domains or facts, in the columns of `schema.ASKS`.

    rows: `domain` (the first asks: depth 0, each its own origin) or `origin` and `depth`
    (follow-ups: one deeper). why: names what the answer is for: `follow_ups` sees it again.
    """
    columns = rows.collect_schema().names()
    first = "domain" in columns
    made = {
        "name": name,
        "qtype": pl.lit(int(qtype)),
        "cd": pl.lit(cd),
        "purpose": pl.lit(purpose.value),
        "why": pl.lit(why),
        "origin": pl.col("domain") if first else pl.col("origin"),
        "depth": pl.lit(0) if first else pl.col("depth") + 1,
    }
    return rows.select(made[column.name].cast(column.dtype).alias(column.name) for column in ASKS)
