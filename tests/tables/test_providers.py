"""The table of mail operators, counted by hand; and whose an MX host is."""

from typing import Any

import polars as pl
import pytest

from pipeline.config import Cohort
from pipeline.protocols import ALL
from pipeline.protocols.protocol import Measure
from pipeline.protocols.providers import MOST_LABELS, load_providers, operator, upwards
from pipeline.schema import PROVIDER_MEASURES, PROVIDERS, polars_schema
from pipeline.tables.layout import Sheet, width
from pipeline.tables.providers import (
    LEAST,
    MOST,
    NO_MAIL,
    OTHERS,
    OWN,
    REST,
    UNKNOWN,
    provider_sheets,
    providers_table,
)
from pipeline.tables.reference import load_references
from pipeline.tables.render import MOST as SCREEN
from pipeline.tables.render import written
from pipeline.tables.text import csv, markdown
from pipeline.words import Denominator

JP = Cohort(name="jp", lists=(), title=".jp")
ENDS = ("yes", "no", "unknown", "not_observed", "share")
FACETS = (
    "starttls",
    "starttls_certificates",
    "mtasts_txt",
    "mtasts_policy",
    "dane",
    "dane_verified",
)
WORDS = dict.fromkeys(("domain", "mx", "cohort", *FACETS, "mtasts_mode"), pl.String)
GIVEN = {**WORDS, "exists": pl.Boolean, "mx_hosts": pl.List(pl.String)}
Domain = dict[str, Any]


def domain(name: str, *hosts: str, mx: str = "present", **facets: Any) -> Domain:
    """A domain of `jp`; what is not given of its facets was found to be none."""
    without = {**dict.fromkeys(FACETS, "none"), "mtasts_txt": "absent", "cohort": "jp"}
    return {**without, "domain": name, "mx": mx, "mx_hosts": list(hosts), "exists": True, **facets}


def customers(number: int, *hosts: str, **facets: Any) -> list[Domain]:
    """So many domains, each of another owner, with these MX hosts."""
    return [domain(f"leak{at}-of-{hosts[0]}.jp", *hosts, **facets) for at in range(number)]


def table(*domains: Domain, cohorts: tuple[Cohort, ...] = (JP,)) -> pl.DataFrame:
    """The table of these domains."""
    rows = pl.LazyFrame(list(domains), schema=GIVEN)
    measures = [measure for protocol in ALL for measure in protocol.MEASURES]
    return providers_table(
        rows.drop("cohort"),
        rows.select("domain", cohorts=pl.concat_list("cohort")),
        cohorts,
        [measure for measure in measures if measure.name in PROVIDER_MEASURES],
    )


def counted(made: pl.DataFrame) -> list[tuple[str, int]]:
    """Each operator and its domains."""
    return made.select("operator", "domains").rows()


def cells(made: pl.DataFrame, of: str, measure: str) -> list[Any]:
    """yes, no, unknown, not_observed and share of an operator's domains."""
    return list(made.filter(operator=of).select(f"{measure}_{end}" for end in ENDS).row(0))


def test_every_measure_of_the_table_is_one_of_the_adoption_table() -> None:
    names = {measure.name for protocol in ALL for measure in protocol.MEASURES}
    assert set(PROVIDER_MEASURES) <= names


# --- whose a domain's mail is ---------------------------------------------------------------------


def test_the_most_preferred_host_decides() -> None:
    made = table(
        domain("a.jp", "a-jp.mail.protection.outlook.com", "aspmx.l.google.com"),
        domain("b.jp", "aspmx.l.google.com", "b-jp.mail.protection.outlook.com"),
        domain("c.jp", "mail.c.jp", "aspmx.l.google.com"),
        domain("d.jp", "smtp.google.com"),
    )
    assert counted(made) == [("Google Workspace", 2), ("Microsoft 365", 1), (OWN, 1)]


def test_a_host_that_enough_domains_share_is_called_by_its_domain() -> None:
    made = table(
        *customers(LEAST, "mx1.many-share.co.jp"),
        *customers(LEAST - 1, "mx1.few-share.jp"),
        *customers(LEAST - 4, "mx1.in-two-places.ne.jp"),
        *customers(4, "mx2.in-two-places.ne.jp"),
    )
    assert counted(made) == [
        ("in-two-places.ne.jp", LEAST),
        ("many-share.co.jp", LEAST),
        (OWN, LEAST - 1),
    ]


def test_who_has_many_domains_below_its_own_is_no_operator() -> None:
    below = [domain(f"faculty{number}.uni.ac.jp", "mx.uni.ac.jp") for number in range(LEAST)]
    assert counted(table(*below, domain("uni.ac.jp", "mx.uni.ac.jp"))) == [(OWN, LEAST + 1)]


def test_a_domain_without_mx_is_its_own_host() -> None:
    capable = Cohort(name="jp", lists=(), denominator=Denominator.MAIL_CAPABLE)
    made = table(
        domain("a.jp", mx="implicit"),
        domain("shop.sakura.ne.jp", mx="implicit"),
        cohorts=(capable,),
    )
    assert counted(made) == [("Sakura Internet", 1), (OWN, 1)]


@pytest.mark.parametrize(
    "host",
    [
        "192.0.2.1",  # no name, though the last two labels look like one
        "localhost",
        "mail",
        "co.jp",  # a suffix
        "x.bar|y.jp",
        r"x.\027[2j\007.jp",
        r"x.a\.b.jp",
        "x._spf.jp",
        "x.-a.jp",
        "<b>.jp",
    ],
)
def test_a_name_that_no_operator_has_is_not_shown(host: str) -> None:
    made = table(*customers(LEAST, host))
    assert counted(made) == [(OWN, LEAST)]


def test_the_largest_have_rows_of_their_own_and_so_has_the_list() -> None:
    shared = [f"mx.share{number:02}.jp" for number in range(MOST + 2)]
    made = table(
        *(one for place, host in enumerate(shared) for one in customers(LEAST + place, host)),
        domain("a.jp", "mx00.t-online.de"),
    )
    # 32 operators with 10 … 41 domains: the two smallest have no row
    largest = [(f"share{number:02}.jp", LEAST + number) for number in range(MOST + 1, 1, -1)]
    others = LEAST + LEAST + 1
    assert counted(made) == [*largest, ("T-Online", 1), (OTHERS, others)]


def test_what_takes_no_mail_and_what_is_not_known() -> None:
    given = [
        domain("a.jp", "aspmx.l.google.com"),
        domain("b.jp", mx="absent"),
        domain("c.jp", mx="null_mx"),
        domain("d.jp", mx="unknown", mx_hosts=None),
        domain("e.jp", mx="not_observed", mx_hosts=None),
    ]
    listed = Cohort(name="jp", lists=(), denominator=Denominator.LISTED)
    assert counted(table(*given, cohorts=(listed,))) == [
        ("Google Workspace", 1),
        (NO_MAIL, 2),
        (UNKNOWN, 2),
    ]
    made = table(*given)  # with_mx: two are not in it, and two only perhaps
    assert made.select("operator", "domains", "of_unknown").rows() == [
        ("Google Workspace", 1, 0),
        (UNKNOWN, 0, 2),
    ]


def test_a_domain_that_was_never_judged_is_not_known() -> None:
    given = pl.LazyFrame([domain("a.jp", "aspmx.l.google.com")], schema=GIVEN)
    listed = pl.LazyFrame({"domain": ["a.jp", "b.jp"], "cohorts": [["jp"], ["jp"]]})
    made = providers_table(given, listed, [JP], [])
    assert made.select("operator", "domains", "of_unknown").rows() == [
        ("Google Workspace", 1, 0),
        (UNKNOWN, 0, 1),
    ]


def test_each_cohort_has_its_own_operators() -> None:
    share = customers(LEAST, "mx1.many-share.jp")
    elsewhere = [{**one, "domain": f"x-{one['domain']}", "cohort": "other"} for one in share[1:]]
    cohorts = (Cohort(name="other", lists=()), JP, Cohort(name="empty", lists=()))
    made = table(*share, *elsewhere, cohorts=cohorts)
    assert made.select("cohort", "operator", "domains").rows() == [
        ("other", OWN, LEAST - 1),
        ("jp", "many-share.jp", LEAST),
    ]


def test_each_cohort_has_so_many_of_the_largest() -> None:
    shared = [one for at in range(MOST) for one in customers(LEAST, f"mx.share{at:02}.jp")]
    elsewhere = [{**one, "domain": f"x-{one['domain']}", "cohort": "other"} for one in shared]
    made = table(*shared, *elsewhere, cohorts=(JP, Cohort(name="other", lists=())))
    assert made.height == 2 * MOST
    assert OTHERS not in made["operator"]


def test_only_who_is_counted_makes_an_operator() -> None:
    exists = Cohort(name="jp", lists=(), denominator=Denominator.EXISTS)
    given = customers(LEAST, "mx1.many-share.jp")
    given[0]["exists"] = None
    made = table(*given, cohorts=(exists,))
    assert made.select("operator", "domains", "of_unknown").rows() == [(OWN, LEAST - 1, 1)]


# --- what they protect ----------------------------------------------------------------------------

MIXED = [
    domain("a.jp", "mx00.gmx.net", starttls="all", starttls_certificates="all", dane="all")
    | {"mtasts_txt": "valid", "mtasts_policy": "valid", "mtasts_mode": "testing"}
    | {"dane_verified": "all"},
    domain("b.jp", "mx00.gmx.net", starttls="some", starttls_certificates="some", dane="some")
    | {"mtasts_txt": "valid", "mtasts_policy": "invalid", "dane_verified": "mismatch"},
    domain("c.jp", "mx00.gmx.net", starttls="unknown", starttls_certificates="unknown")
    | {"mtasts_txt": "unknown", "mtasts_policy": "not_fetched"}
    | {"dane": "not_observed", "dane_verified": "not_observed"},
    domain("d.jp", "mx00.gmx.net", starttls="not_observed", dane="bogus", dane_verified="bogus")
    | {"starttls_certificates": "not_observed"}
    | {"mtasts_txt": "valid", "mtasts_policy": "valid", "mtasts_mode": "none"},
]


def test_counts() -> None:
    made = table(*MIXED)
    assert made.schema == polars_schema(PROVIDERS)
    assert counted(made) == [("GMX", 4)]
    assert cells(made, "GMX", "starttls") == [1, 1, 2, 1, 0.25]
    assert cells(made, "GMX", "starttls_valid") == [1, 1, 2, 1, 0.25]
    assert cells(made, "GMX", "mta_sts") == [2, 1, 1, 0, 0.5]  # a valid policy, whatever its mode
    assert cells(made, "GMX", "dane") == [1, 2, 1, 1, 0.25]
    assert cells(made, "GMX", "dane_verified") == [1, 2, 1, 1, 0.25]


def test_every_domain_has_one_answer() -> None:
    made = table(*MIXED, *customers(3, "aspmx.l.google.com", starttls="all"))
    for measure in PROVIDER_MEASURES:
        columns = [f"{measure}_{end}" for end in ("yes", "no", "unknown")]
        assert made.select(pl.sum_horizontal(columns) == pl.col("domains")).to_series().all()


def test_nobody_observed_is_no_share_of_zero() -> None:
    unseen = {"starttls": "not_observed", "starttls_certificates": "not_observed"}
    made = table(*customers(3, "aspmx.l.google.com", **unseen))
    assert cells(made, "Google Workspace", "starttls") == [0, 0, 3, 3, None]
    assert cells(made, "Google Workspace", "dane") == [0, 3, 0, 0, 0.0]


def test_a_measure_that_nobody_made_was_not_observed() -> None:
    rows = pl.LazyFrame([domain("a.jp", "aspmx.l.google.com")], schema=GIVEN)
    only = Measure("dane", "DANE", "DANE", pl.col("dane") == "all")
    domains = rows.select("domain", cohorts=pl.concat_list("cohort"))
    made = providers_table(rows, domains, [JP], [only])
    assert cells(made, "Google Workspace", "dane") == [0, 1, 0, 0, 0.0]
    assert cells(made, "Google Workspace", "starttls") == [0, 0, 1, 1, None]


def test_without_the_mx_there_is_no_table() -> None:
    rows = pl.LazyFrame({"domain": ["a.jp"], "cohorts": [["jp"]]})
    made = providers_table(rows.select("domain"), rows, [JP], [])
    assert made.is_empty()
    assert made.schema == polars_schema(PROVIDERS)


# --- for reading ----------------------------------------------------------------------------------


def lines(sheet: Sheet, panel: int) -> list[tuple[str, ...]]:
    """A panel's cells behind their labels, line by line."""
    return list(zip(sheet.labels, *(lane.cells for lane in sheet.panels[panel].lanes), strict=True))


def test_the_sheet_cell_by_cell() -> None:
    unseen = {"starttls": "not_observed", "starttls_certificates": "not_observed"}
    made = table(
        *MIXED,
        *customers(2, "gmail-smtp-in.l.google.com", **unseen),
        domain("e.jp", mx="unknown", mx_hosts=None),
    )
    references = load_references(["providers_posteo"])
    (sheet,) = provider_sheets(made, [JP], references, "en")
    assert sheet.head == "Mail operators: .jp"
    assert [panel.heads for panel in sheet.panels] == [
        ("with an MX",),
        ("STARTTLS",),
        ("certificate",),
        ("MTA-STS",),
        ("DANE",),
        ("DANE verified",),
        ("posteo.de 2021",),
    ]
    shown = [lines(sheet, number) for number in range(7)]
    assert shown[0][:2] == [("GMX", "4", "0"), ("Gmail", "2", "0")]
    assert shown[0][-1] == ("MX not known", "0", "1")
    assert shown[1][:2] == [("GMX", "25.0 %", "2"), ("Gmail", "not observed", "2")]
    assert shown[4][:2] == [("GMX", "25.0 %", "1"), ("Gmail", "0.0 %", "0")]
    assert shown[6][:2] == [("GMX", "yes"), ("Gmail", "no")]
    assert shown[6][-1] == ("MX not known", "–")
    # those of the source that no domain has stand there with it
    assert ("Riseup", "0", "0") in shown[0]
    assert ("Riseup", "–", "0") in shown[1]
    assert ("Riseup", "yes") in shown[6]
    assert ("O2", "no") in shown[6]
    assert len(sheet.labels) == 16 + 1  # all of the source, and the unknown
    assert "posteo.de, help page" in sheet.notes[-1]


def test_without_a_source_only_the_runs_own_are_shown() -> None:
    (sheet,) = provider_sheets(table(*MIXED), [JP], [], "ja")
    assert sheet.labels == ["GMX"]
    assert len(sheet.panels) == 1 + len(PROVIDER_MEASURES)
    assert not list(provider_sheets(table(*MIXED), [Cohort(name="none", lists=())], [], "en"))


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_it_fits_the_screen_and_names_no_customer(lang: Any) -> None:
    made = table(*MIXED, *customers(12_345, "mx1." + "long" * 15 + ".jp"), *customers(3, "x.y.jp"))
    references = load_references(["providers_posteo"])
    (sheet,) = provider_sheets(made, [JP], references, lang)
    text = written(sheet, SCREEN)
    assert max(width(line) for line in text.split("\n")) <= SCREEN
    for shown in (text, csv(made), markdown(made, PROVIDERS, lang)):
        assert "leak" not in shown
    assert {row.count("|") for row in markdown(made, PROVIDERS).split("\n") if "|" in row} == {
        len(PROVIDERS) + 1
    }
    assert pl.read_csv(csv(made).encode(), schema=made.schema).equals(made)


# --- the list of operators ------------------------------------------------------------------------


def test_the_list() -> None:
    providers = load_providers()
    names = [one.name for one in providers]
    suffixes = [name for one in providers for name in one.mx]
    assert len(set(names)) == len(names)
    assert len(set(suffixes)) == len(suffixes)
    assert not set(names) & set(REST)
    assert all(one.mx or one.spf for one in providers)
    assert all(name.isprintable() and "|" not in name for name in names)
    assert all(name == name.lower().strip(".") for name in suffixes)
    assert not any(name.endswith(".example") for name in suffixes)  # those are the lab's


def test_all_that_the_talk_named_are_on_it() -> None:
    (talk,) = load_references(["providers_posteo"])
    named = {name for group in talk.groups.values() for name in group}
    assert named <= {one.name for one in load_providers() if one.mx}


@pytest.mark.parametrize(
    ("host", "whose"),
    [
        ("x-jp.mail.protection.outlook.com", "Microsoft 365"),
        ("outlook-com.olc.protection.outlook.com", "Outlook.com"),
        ("alt1.gmail-smtp-in.l.google.com", "Gmail"),
        ("alt1.aspmx.l.google.com", "Google Workspace"),
        ("mta5.am0.yahoodns.net", "Yahoo"),
        ("mx-aol.mail.gm0.yahoodns.net", "AOL"),
        ("mx01.lolipop.jp", "GMO Pepabo (Lolipop!)"),
        ("bund.de", "Bund.de"),
        ("notbund.de", None),
        ("bund.de.example.jp", None),
        (".", None),
    ],
)
def test_whose_a_host_is(host: str, whose: str | None) -> None:
    assert operator(host) == whose


def test_the_names_above_a_name() -> None:
    assert list(upwards("a.b.jp")) == ["a.b.jp", "b.jp", "jp"]
    assert len(list(upwards(".".join("a" * MOST_LABELS)))) == MOST_LABELS
    assert list(upwards("a." * 30_000)) == []
