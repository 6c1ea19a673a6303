"""Mail operators: how well each protects the domains that it takes the mail of.

A domain's operator is that of its most preferred MX host: the service that `data/providers.toml`
names for it, else the host's registrable domain, where enough domains of the cohort that are not
its own share it. What fewer share is nobody's to be named, and is counted in one row.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from ..config import Cohort
from ..population.suffixes import registrable
from ..protocols.mx.columns import IMPLICIT, NULL_MX
from ..protocols.mx.record import host_flaw
from ..protocols.protocol import Measure, filled
from ..protocols.providers import operator
from ..schema import PROVIDER_MEASURES, PROVIDERS, polars_schema
from ..words import Denominator, State
from .adoption import answer, counts, inside, membership, share
from .labels import DASH, DENOMINATORS, count, percent, say, title
from .layout import Lane, Panel, Sheet
from .reference import Language, Reference

LEAST = 10  # domains that share a host's domain, for it to be named
MOST = 30  # operators of a cohort in rows of their own; those of the list have theirs beside them
OTHERS, OWN, NO_MAIL = "other operators", "own or other", "no mail"
UNKNOWN = State.UNKNOWN.value
REST = (OTHERS, OWN, NO_MAIL, UNKNOWN)  # no host's domain is called so: they have no dot
LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
PLAIN = re.compile(rf"{LABEL}(?:\.{LABEL})+")  # RFC 1123 §2.1: a stranger chose it, and it is shown

Row = Mapping[str, Any]
NOBODY: Row = {column.name: 0 if column.dtype == pl.UInt32 else None for column in PROVIDERS}
"""The line of an operator that no domain of a cohort has."""

TEXTS: dict[str, dict[Language, str]] = {
    "head": {"en": "Mail operators: {}", "ja": "メール事業者：{}"},
    OTHERS: {"en": "other operators", "ja": "その他の事業者"},
    OWN: {"en": "own, or shared by few", "ja": "自ドメイン・少数の共有"},
    NO_MAIL: {"en": "take no mail", "ja": "受信しない"},
    UNKNOWN: {"en": "MX not known", "ja": "MX 不明"},
    "perhaps": {"en": "perhaps", "ja": "他に不明"},
    "starttls": {"en": "STARTTLS", "ja": "STARTTLS"},
    "starttls_valid": {"en": "certificate", "ja": "証明書有効"},
    "mta_sts": {"en": "MTA-STS", "ja": "MTA-STS"},
    "dane": {"en": "DANE", "ja": "DANE"},
    "dane_verified": {"en": "DANE verified", "ja": "DANE 一致"},
    "yes": {"en": "yes", "ja": "あり"},
    "no": {"en": "no", "ja": "なし"},
    "note": {
        "en": "The operator is read off the most preferred MX host. Named are the services of a "
        "list, and the domains of hosts that at least {} domains of others share; shares are of an "
        "operator's domains. STARTTLS, certificate, DANE: at every MX host. ?: not known.",
        "ja": "事業者は最優先の MX ホストによる。一覧にある事業者と、{} 以上の他ドメインが共有する"
        "ホストのドメインを示す。割合は各事業者のドメインに対するもの。STARTTLS・証明書・DANE は"
        "すべての MX ホストについて。?：不明。",
    },
}


def providers_table(
    states: pl.LazyFrame,
    domains: pl.LazyFrame,
    cohorts: Sequence[Cohort],
    measures: Sequence[Measure],
) -> pl.DataFrame:
    """One row for each cohort and operator that has domains, in the columns of `schema.PROVIDERS`.

    states: `domain`, `exists`, `mx`, `mx_hosts` and what the measures read; where MX was not
    judged, the table is empty. domains: `domain`, `cohorts`. measures: a measure of
    PROVIDER_MEASURES that is not among them was not observed. A cohort's operators stand by their
    number of domains, then come REST.
    """
    if not {"mx", "mx_hosts"} <= set(states.collect_schema().names()):
        return pl.DataFrame(schema=polars_schema(PROVIDERS))
    known = {measure.name: measure for measure in measures}
    wanted = [known.get(name) or unseen(name) for name in PROVIDER_MEASURES]
    found = members(states, domains, cohorts, wanted).collect().lazy()  # read twice below
    place = pl.col("operator").replace_strict(
        {name: number for number, name in enumerate(REST, 1)}, default=0, return_dtype=pl.UInt8
    )
    order = pl.col("cohort").cast(pl.Enum([cohort.name for cohort in cohorts]))
    counted = (
        found.join(shown(found), on=("cohort", "operator", "is_listed"), how="left")
        .with_columns(
            operator=pl.when("is_listed")
            .then("operator")
            .otherwise(pl.coalesce("shown", "otherwise"))
        )
        .group_by("cohort", "operator")
        .agg(
            pl.col("member").sum().alias("domains"),
            pl.col("member").is_null().sum().alias("of_unknown"),
            *(counts(measure) for measure in wanted),
        )
        .filter((pl.col("domains") > 0) | (pl.col("of_unknown") > 0))
        .sort(order, place, "domains", "operator", descending=[False, False, True, False])
        .collect()
    )
    parts = [counted.select("cohort", "operator", "domains", "of_unknown")]
    parts += [part(counted, name) for name in PROVIDER_MEASURES]
    return pl.concat(parts, how="horizontal").select(
        pl.col(column.name).cast(column.dtype) for column in PROVIDERS
    )


def unseen(name: str) -> Measure:
    """A measure that nobody made."""
    return Measure(name, "", "", pl.lit(None, pl.Boolean), pl.lit(False))


def part(counted: pl.DataFrame, name: str) -> pl.DataFrame:
    """One measure's columns, from its struct of counts."""
    own = counted.select(pl.col(name).struct.unnest(), of="domains").with_columns(share=share())
    return own.select(
        pl.col("yes", "no", "unknown", "not_observed", "share").name.prefix(f"{name}_")
    )


def members(
    states: pl.LazyFrame,
    domains: pl.LazyFrame,
    cohorts: Sequence[Cohort],
    measures: Sequence[Measure],
) -> pl.LazyFrame:
    """One row for each cohort and domain of it: cohort, operator, is_listed, otherwise, member (as
    in adoption) and the measures' answers.

    otherwise: the row of a domain that has no operator with a row.
    """
    takes_none = pl.col("mx").is_in([State.ABSENT.value, NULL_MX])
    takes_mail = pl.col("mx").is_in([State.PRESENT.value, IMPLICIT])
    return (
        domains.join(states, on="domain", how="left")
        .join(operators(states), on="domain", how="left")
        .select(
            pl.col("cohorts").alias("cohort"),
            "operator",
            pl.col("is_listed").fill_null(False),
            pl.when(takes_mail)
            .then(pl.lit(OWN))
            .when(takes_none)
            .then(pl.lit(NO_MAIL))
            .otherwise(pl.lit(UNKNOWN))
            .alias("otherwise"),
            *(inside(denominator).alias(f"in {denominator}") for denominator in Denominator),
            *(column for measure in measures for column in answer(measure)),
        )
        .explode("cohort", empty_as_null=False)
        .with_columns(member=membership(cohorts))
        .filter(pl.col("cohort").is_in([cohort.name for cohort in cohorts]))
    )


def shown(found: pl.LazyFrame) -> pl.LazyFrame:
    """The operators that enough domains share: cohort, operator, is_listed, shown (its row).

    found: `members`.
    """
    member = found.filter("member", pl.col("operator").is_not_null())
    is_among_the_largest = pl.int_range(pl.len()).over("cohort") < MOST
    return (
        member.group_by("cohort", "operator", "is_listed")
        .agg(domains=pl.len())
        .filter(pl.col("is_listed") | (pl.col("domains") >= LEAST))
        .sort("domains", "operator", descending=[True, False])
        .select(
            "cohort",
            "operator",
            "is_listed",
            shown=pl.when(is_among_the_largest).then("operator").otherwise(pl.lit(OTHERS)),
        )
    )


# --- whose a host is ------------------------------------------------------------------------------


def operators(states: pl.LazyFrame) -> pl.LazyFrame:
    """Whose the most preferred MX host is, of domains where that can be said.

    domain, operator (the listed service, or else the host's registrable domain where the domain
    does not lie in that), is_listed. Python sees each host once, and looks for the registrable
    domain of those only that do not lie below their own domain, as most do.
    """
    present, implicit = (pl.col("mx") == mx for mx in (State.PRESENT.value, IMPLICIT))
    first = pl.when(present).then(pl.col("mx_hosts").list.first()).when(implicit).then("domain")
    hosts = states.select("domain", host=first).drop_nulls().collect()
    of_the_list = hosts.join(looked_up(hosts, operator), on="host")
    others = hosts.join(of_the_list, on="domain", how="anti").filter(~lies_in("host", "domain"))
    shared = others.join(looked_up(others, registered), on="host")
    columns = ["domain", "operator", "is_listed"]
    return pl.concat(
        [
            of_the_list.with_columns(is_listed=True).select(columns),
            shared.filter(~lies_in("domain", "operator"))
            .with_columns(is_listed=False)
            .select(columns),
        ]
    ).lazy()


def looked_up(hosts: pl.DataFrame, whose: Callable[[str], str | None]) -> pl.DataFrame:
    """The distinct hosts whose operator is known: host, operator."""
    distinct = hosts.select(pl.col("host").unique())
    found = [whose(host) for host in distinct["host"]]
    return distinct.with_columns(operator=pl.Series(found, dtype=pl.String)).drop_nulls()


def registered(host: str) -> str | None:
    """The registrable domain of a host, if that is a plain name; None also of what is no host."""
    found = None if host_flaw(host) or "\\" in host else registrable(host)
    return found if found and PLAIN.fullmatch(found) else None


def lies_in(name: str, above: str) -> pl.Expr:
    """Is one column's name the other's, or below it?"""
    return (pl.col(name) == pl.col(above)) | pl.col(name).str.ends_with(filled(".{}", above))


# --- for reading ----------------------------------------------------------------------------------


def provider_sheets(
    providers: pl.DataFrame,
    cohorts: Sequence[Cohort],
    references: Sequence[Reference],
    lang: Language,
) -> Iterator[Sheet]:
    """A table for reading for each cohort that has operators: a line an operator.

    references: what others published of operators; theirs have a line here, too.
    """
    for cohort in cohorts:
        rows = providers.filter(cohort=cohort.name).iter_rows(named=True)
        if by_operator := {row["operator"]: row for row in rows}:
            yield provider_sheet(cohort, by_operator, references, lang)


def provider_sheet(
    cohort: Cohort, rows: Mapping[str, Row], references: Sequence[Reference], lang: Language
) -> Sheet:
    """One cohort's table. rows: by operator, in their order."""
    names = [name for name in rows if name not in REST]
    there = [name for one in references for group in one.groups.values() for name in group]
    names += [name for name in dict.fromkeys(there) if name not in rows]
    names += [name for name in REST if name in rows]
    labels = [TEXTS[name][lang] if name in REST else name for name in names]
    lines = [rows.get(name, NOBODY) for name in names]
    lanes = [Lane(say("domains", lang), [count(line["domains"]) for line in lines])]
    if any(line["of_unknown"] for line in lines):
        cells = [count(line["of_unknown"]) for line in lines]
        lanes.append(Lane(TEXTS["perhaps"][lang], cells))
    panels = [Panel((DENOMINATORS[cohort.denominator][lang],), tuple(lanes))]
    panels += [measure_panel(lines, name, lang) for name in PROVIDER_MEASURES]
    panels += [panel for one in references if (panel := reference_panel(one, names, lang))]
    notes = [TEXTS["note"][lang].format(LEAST)]
    notes += [
        say("note_source", lang, headed(one, lang), one.source, one.denominator[lang])
        for one in references
    ]
    return Sheet(TEXTS["head"][lang].format(title(cohort)), labels, panels, notes)


def measure_panel(lines: Sequence[Row], name: str, lang: Language) -> Panel:
    """One measure's shares and unknowns, a line an operator."""
    shares = []
    for line in lines:
        is_hidden = line["domains"] and line["domains"] == line[f"{name}_not_observed"]
        shares.append(say("not_observed", lang) if is_hidden else percent(line[f"{name}_share"]))
    unknown = [count(line[f"{name}_unknown"]) for line in lines]
    lanes = (Lane(say("share", lang), shares), Lane(say("unknown", lang), unknown))
    return Panel((TEXTS[name][lang],), lanes)


def reference_panel(reference: Reference, names: Sequence[str], lang: Language) -> Panel | None:
    """What a source says of operators: yes or no, by measure; None: of no measure shown here."""
    lanes = []
    for measure in PROVIDER_MEASURES:
        groups = {word: reference.groups.get(f"{measure}_{word}", ()) for word in ("yes", "no")}
        if any(groups.values()):
            said = {name: TEXTS[word][lang] for word, group in groups.items() for name in group}
            lanes.append(Lane(TEXTS[measure][lang], [said.get(name, DASH) for name in names]))
    return Panel((headed(reference, lang),), tuple(lanes)) if lanes else None


def headed(reference: Reference, lang: Language) -> str:
    """What a source is called over its figures."""
    return f"{reference.name[lang]} {reference.date}"
