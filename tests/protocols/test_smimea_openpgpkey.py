"""Where the records of an address stand, when they are asked for, and what becomes of failures."""

import base64
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocols import openpgpkey, smimea
from pipeline.protocols.addresses.asking import CONTROL
from pipeline.protocols.addresses.names import address_keys, hashed
from pipeline.protocols.protocol import Context, Wanted
from pipeline.schema import ASKS, polars_schema
from pipeline.words import Outcome

D = "example.jp"
# printf LOCAL | sha256sum | head -c 56
HUGH = "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6"  # RFC 7929 §3, RFC 8162 §3
INFO = "06271baf49532c879aa3c58b48671884bcc858f09197412d68275049"
INFO_AS_WRITTEN = "170322a32f3c35b2c61576a5553d352d7b3c8ae7086dab78f15fc891"  # Info
ABUSE = "a60a2bb10fad676b72cd417670e494060e005e858c05940da24e698f"
CAFE = "850f7dc43910ff890f8879c0ed26fe697c93a067ad93a7d50f466a70"  # café, the é one character
WHOLE_ADDRESS = "271b7dfc651b8a81d31d76735b89c6e8df01a6eab3a2b6554ce7027b"  # info@example.jp

KEY = (  # version 4, RSA 2048, <info@example.jp>
    b"\xc6\xc0\x4d\x04\x5e\0\0\0\x01\x08\0"
    + b"\xff" * 256
    + b"\0\x11\1\0\1"
    + b"\xcd\x11<info@example.jp>"
)
RECORDS = {
    "smimea": {"SMIMEA": ["3 0 1 " + "5a" * 32]},
    "openpgpkey": {"OPENPGPKEY": [base64.b64encode(KEY).decode()]},
}
LABELS = {"smimea": "_smimecert", "openpgpkey": "_openpgpkey"}
SECURE = {D: "secure"}
NOT_OBSERVED = {"owner": None, "state": "not_observed", "secure": "not_observed", "records": []}

both = pytest.mark.parametrize("protocol", [smimea, openpgpkey], ids=lambda one: one.NAME)


class Case:
    """One protocol's names, records and columns, and what a zone makes of them."""

    def __init__(self, protocol: Any, survey: Any):
        self.protocol, self.survey = protocol, survey
        self.name, self.label = protocol.NAME, LABELS[protocol.NAME]
        self.records = RECORDS[self.name]
        (self.type,) = self.records

    def owner(self, label: str) -> str:
        return f"{label}.{self.label}.{D}"

    def run(
        self, names: dict[str, Any], *addresses: str, dnssec: Any = SECURE, **wanted: Any
    ) -> "Case":
        """addresses: local parts at the domain. wanted: more of Wanted."""
        pairs = tuple((one, D) for one in addresses)
        zone = {"zone": {D: {"A": ["192.0.2.1"]}} | names, "dnssec": dnssec}
        self.found = self.survey([self.protocol], zone, D, wanted=Wanted(addresses=pairs, **wanted))
        self.state = self.found.states[D]
        self.shown = self.protocol.show(self.state)
        return self

    @property
    def facts(self) -> tuple[str, bool | None, bool | None]:
        """State, usable, below."""
        usable, below = self.state[f"{self.name}_usable"], self.state[f"{self.name}_below"]
        return self.state[self.name], usable, below

    @property
    def codes(self) -> set[str]:
        notes = {"hash_only"}  # of the test's record
        return {one.partition(".")[2] for one in self.found.codes(D)} - notes


@pytest.fixture(params=[smimea, openpgpkey], ids=lambda one: one.NAME)
def case(request: pytest.FixtureRequest, survey: Any) -> Case:
    return Case(request.param, survey)


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local_part", "label"),
    [
        ("hugh", HUGH),
        ("info", INFO),
        ("Info", INFO_AS_WRITTEN),  # hashed as written
        ('"info"', INFO),  # RFC 7929 §3: enclosing quotes and literal quoting are removed
        ('"in\\fo"', INFO),
        (" info ", INFO),
        ("café", CAFE),
        ("cafe\u0301", CAFE),  # RFC 7929 §3: normalization form C
    ],
)
def test_the_hash_of_a_local_part(local_part: str, label: str) -> None:
    assert hashed(local_part) == label


def test_the_whole_address_is_not_what_is_hashed() -> None:
    """The talk's slide hashes it all."""
    assert hashed("info") != WHOLE_ADDRESS == hashed("info@example.jp")


@given(st.text(max_size=80))
def test_any_text_can_be_hashed(text: str) -> None:
    assert len(hashed(text)) == 56
    assert len(address_keys(text)) <= 2


# --- the addresses of a check --------------------------------------------------------------------


def test_nothing_wanted_is_nothing_asked(case: Case) -> None:
    case.run({case.owner(INFO): case.records})
    assert case.found.asked == []
    assert case.facts == ("not_observed", None, None)
    assert case.shown == NOT_OBSERVED


def test_a_proven_record(case: Case) -> None:
    case.run({case.owner(INFO): case.records}, "info")
    assert case.found.asked == [(case.owner(INFO), case.type)]
    assert case.facts == ("present", True, True)
    (record,) = case.shown.pop("records")
    assert case.shown == {"owner": case.owner(INFO), "state": "present", "secure": True}
    assert record["usable"] is True
    assert case.codes == set()


def test_a_record_without_dnssec_is_of_no_use(case: Case) -> None:
    case.run({case.owner(INFO): case.records}, "info", dnssec={})
    assert case.facts == ("present", False, True)
    assert case.shown["secure"] is False
    assert [record["usable"] for record in case.shown["records"]] == [False]
    assert case.codes == {"not_secure"}
    (where,) = case.found.findings.filter(pl.col("code").str.ends_with("not_secure"))["name"]
    assert where == case.owner(INFO)


def test_no_record(case: Case) -> None:
    case.run({}, "info")
    assert case.facts == ("absent", False, None)
    assert case.shown == {
        "owner": case.owner(INFO),
        "state": "absent",
        "secure": True,
        "records": [],
    }
    assert case.codes == set()


@pytest.mark.parametrize("label", ["{label}s", "_other"])
def test_the_label_is_spelled_in_one_way(case: Case, label: str) -> None:
    """`_openpgpkeys` is the slides' trap."""
    wrong = f"{INFO}.{label.format(label=case.label)}.{D}"
    assert case.run({wrong: case.records}, "info").facts == ("absent", False, None)


def test_the_hash_of_the_whole_address_is_not_found(case: Case) -> None:
    case.run({case.owner(WHOLE_ADDRESS): case.records}, "info")
    assert case.facts == ("absent", False, None)


def test_lower_case_after_a_miss(case: Case) -> None:
    case.run({case.owner(INFO): case.records}, "Info")
    asked = [(case.owner(INFO_AS_WRITTEN), case.type), (case.owner(INFO), case.type)]
    assert sorted(case.found.asked) == sorted(asked)
    assert case.facts == ("present", True, True)
    assert case.shown["owner"] == case.owner(INFO)
    assert case.codes == {"lower_case_only"}


def test_as_written_comes_first(case: Case) -> None:
    case.run({case.owner(label): case.records for label in (INFO, INFO_AS_WRITTEN)}, "Info")
    assert case.found.asked == [(case.owner(INFO_AS_WRITTEN), case.type)]
    assert case.shown["owner"] == case.owner(INFO_AS_WRITTEN)
    assert case.codes == set()


def test_a_miss_in_both_cases(case: Case) -> None:
    case.run({}, "Info")
    assert case.facts == ("absent", False, None)
    assert case.shown["owner"] == case.owner(INFO_AS_WRITTEN)


@pytest.mark.parametrize(
    ("failure", "which"), [("SERVFAIL", INFO_AS_WRITTEN), ("TIMEOUT", INFO), ("REFUSED", INFO)]
)
def test_a_failure_is_never_an_absence(case: Case, failure: str, which: str) -> None:
    case.run({case.owner(which): {case.type: failure}}, "Info")
    assert case.facts == ("unknown", None, None)
    assert case.shown["state"] == case.shown["secure"] == "unknown"
    assert case.codes == set()


def test_a_failure_beside_a_record(case: Case) -> None:
    names = {case.owner(ABUSE): {case.type: "SERVFAIL"}, case.owner(INFO): case.records}
    case.run(names, "abuse", "info")
    assert case.facts == ("present", True, True)
    assert case.shown["owner"] == case.owner(INFO)
    assert [one["state"] for one in case.shown["addresses"]] == ["unknown", "present"]


def test_a_failure_beside_an_absence_is_unknown(case: Case) -> None:
    case.run({case.owner(ABUSE): {case.type: "SERVFAIL"}}, "info", "abuse")
    assert case.facts == ("unknown", None, None)
    assert case.shown["owner"] == case.owner(ABUSE)


def test_bogus_records_are_there_and_of_no_use(case: Case) -> None:
    case.run({case.owner(INFO): case.records}, "info", dnssec={D: "bogus"})
    assert case.facts == ("present", False, True)
    assert case.shown["secure"] is False
    assert [record["usable"] for record in case.shown["records"]] == [False]
    assert case.codes == {"bogus"}


@pytest.mark.parametrize("local_part", ["info", "Info"])
def test_where_validation_fails_an_absence_is_not_proven(case: Case, local_part: str) -> None:
    case.run({}, local_part, dnssec={D: "bogus"})
    assert case.facts == ("unknown", None, None)
    assert case.shown["secure"] is False
    assert case.codes == {"bogus"}


@pytest.mark.parametrize(("target", "usable"), [("secure", True), ("insecure", False)])
def test_an_alias_is_followed(case: Case, target: str, usable: bool) -> None:
    """RFC 7929 §5.3; and the whole chain must be proven, RFC 4035 §3.2.3."""
    names = {case.owner(INFO): {"CNAME": ["keys.example.net"]}, "keys.example.net": case.records}
    case.run(names, "info", dnssec=SECURE | {"example.net": target})
    assert case.facts == ("present", usable, True)
    assert case.codes == (set() if usable else {"not_secure"})


def test_addresses_elsewhere_are_none_of_this_domain(survey: Any) -> None:
    zone = {"zone": {f"{INFO}._smimecert.example.net": RECORDS["smimea"]}}
    found = survey([smimea], zone, D, wanted=Wanted(addresses=(("info", "example.net"),)))
    assert found.asked == []
    assert smimea.show(found.states[D]) == NOT_OBSERVED


# --- the local parts of a study ------------------------------------------------------------------

LOCAL_PARTS = ("info", "abuse")


def test_nothing_below_costs_one_question(case: Case) -> None:
    case.run({}, local_parts=LOCAL_PARTS)
    assert case.found.asked == [(f"{case.label}.{D}", "A")]
    assert case.facts == ("absent", False, False)
    assert case.shown == NOT_OBSERVED | {"state": "absent"}


def test_an_empty_non_terminal_opens_the_owners(case: Case) -> None:
    case.run({case.owner(INFO): case.records}, local_parts=LOCAL_PARTS)
    assert sorted(case.found.asked) == sorted(
        [
            (f"{case.label}.{D}", "A"),
            (f"{CONTROL}.{D}", "A"),
            (case.owner(INFO), case.type),
            (case.owner(ABUSE), case.type),
        ]
    )
    assert case.facts == ("present", True, True)
    assert [one["state"] for one in case.shown["addresses"]] == ["present", "absent"]


def test_somebody_elses_record_is_a_lower_bound(case: Case) -> None:
    case.run({case.owner(HUGH): case.records}, local_parts=LOCAL_PARTS)
    assert case.facts == ("absent", False, True)


def test_a_wildcard_hides_what_is_below(case: Case) -> None:
    case.run({f"*.{D}": {"TXT": [["v=spf1 -all"]]}}, local_parts=LOCAL_PARTS)
    assert case.facts == ("absent", False, None)


def test_an_alias_to_nowhere_stands_above_owners_all_the_same(case: Case) -> None:
    """RFC 6604 §3: its NXDOMAIN is the target's."""
    names = {f"{case.label}.{D}": {"CNAME": ["gone.example.net"]}, case.owner(INFO): case.records}
    assert case.run(names, local_parts=LOCAL_PARTS).facts == ("present", True, True)


@pytest.mark.parametrize("failure", ["SERVFAIL", "TIMEOUT"])
def test_a_failure_above_is_unknown(case: Case, failure: str) -> None:
    names = {f"{case.label}.{D}": {"*": failure}, case.owner(INFO): case.records}
    assert case.run(names, local_parts=LOCAL_PARTS).facts == ("unknown", None, None)
    assert case.shown == NOT_OBSERVED | {"state": "unknown"}


def test_a_failure_of_the_control_leaves_what_is_below_open(case: Case) -> None:
    names = {case.owner(HUGH): case.records, f"{CONTROL}.{D}": {"*": "SERVFAIL"}}
    assert case.run(names, local_parts=LOCAL_PARTS).facts == ("absent", False, None)


def test_both_kinds_of_addresses_together(case: Case) -> None:
    case.run({case.owner(INFO): case.records}, "info", "hugh", local_parts=LOCAL_PARTS)
    assert case.facts == ("present", True, True)
    shown = [one["owner"] for one in case.shown["addresses"]]
    assert shown == [case.owner(label) for label in (INFO, HUGH, ABUSE)]


def test_a_local_part_that_is_wanted_twice_is_one(case: Case) -> None:
    case.run({case.owner(HUGH): case.records}, local_parts=("info", '"info"'))
    assert case.facts == ("absent", False, True)
    assert "addresses" not in case.shown


# --- what was not observed -----------------------------------------------------------------------


def judged(protocol: ModuleType, facts: pl.LazyFrame, context: Context) -> dict[str, Any]:
    _, states = protocol.judge(facts, pl.LazyFrame({"domain": [D]}), context)
    (state,) = states.collect().to_dicts()
    return dict(state)


def measured(protocol: ModuleType, state: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Each measure's value and whether it was observed."""
    schema = {column.name: column.dtype for column in protocol.COLUMNS}
    frame = pl.DataFrame([{name: state[name] for name in schema}], schema=schema)
    return {one.name: frame.select(v=one.value, o=one.observed).row(0) for one in protocol.MEASURES}


@both
def test_what_a_limit_kept_from_us_is_not_observed(
    protocol: ModuleType, crawled: Any, context: Context
) -> None:
    label, wanted = LABELS[protocol.NAME], Wanted(local_parts=LOCAL_PARTS)
    asked = Context(context.trusted, context.registrable, wanted)
    above = crawled.fact(f"{label}.{D}", "A", outcome=Outcome.NO_DATA)
    cut = crawled.fact(f"{label}.{D}", "A", outcome=Outcome.NOT_ASKED)
    owners = [
        crawled.fact(f"{one}.{label}.{D}", protocol.NAME.upper(), outcome=Outcome.NO_NAME)
        for one in (INFO, ABUSE)
    ]
    limit = owners[1] | {"outcome": Outcome.NOT_ASKED.value}
    for facts, state in (
        ([], "not_observed"),
        ([cut], "not_observed"),
        ([above], "not_observed"),
        ([above, owners[0]], "not_observed"),
        ([above, owners[0], limit], "not_observed"),
        ([above, *owners], "absent"),
    ):
        found = judged(protocol, crawled.frame(*facts), asked)
        assert found[protocol.NAME] == state
        assert found[f"{protocol.NAME}_usable"] is (False if state == "absent" else None)
        value, observed = measured(protocol, found)[protocol.NAME]
        assert (value, observed) == ((False, True) if state == "absent" else (None, False))


@both
def test_without_a_trusted_resolver_nothing_is_proven(
    protocol: ModuleType, crawled: Any, context: Context
) -> None:
    owner = f"{INFO}.{LABELS[protocol.NAME]}.{D}"
    ((qtype, records),) = RECORDS[protocol.NAME].items()
    fact = crawled.fact(owner, qtype, records, ad=True, resolver="192.0.2.53:53")
    wanted = Wanted(addresses=(("info", D),))
    state = judged(
        protocol, crawled.frame(fact), Context(context.trusted, context.registrable, wanted)
    )
    shown = protocol.show(state)
    assert (shown["state"], shown["secure"]) == ("present", "not_observed")
    assert [record["usable"] for record in shown["records"]] == ["not_observed"]
    assert measured(protocol, state) == {
        protocol.NAME: (None, False),
        f"{protocol.NAME}_possible": (True, True),
    }


@pytest.mark.parametrize(
    ("above", "dnssec", "usable", "possible"),
    [
        ({}, SECURE, True, True),
        ({}, {}, False, True),
        ({"*": "TIMEOUT"}, SECURE, None, None),
    ],
)
def test_measures(
    case: Case, above: dict[str, Any], dnssec: Any, usable: bool | None, possible: bool | None
) -> None:
    names = {case.owner(INFO): case.records, f"{case.label}.{D}": above}
    case.run(names, local_parts=LOCAL_PARTS, dnssec=dnssec)
    assert measured(case.protocol, case.state) == {
        case.name: (usable, True),
        f"{case.name}_possible": (possible, True),
    }


# --- asks ----------------------------------------------------------------------------------------


@both
def test_asks(protocol: ModuleType, context: Context) -> None:
    wanted = Wanted(local_parts=("info",), addresses=(("hugh", D),))
    asked = Context(context.trusted, context.registrable, wanted)
    asks = protocol.asks(pl.LazyFrame({"domain": [D]}), asked).collect()
    assert asks.schema == polars_schema(ASKS)
    label = LABELS[protocol.NAME]
    assert asks.select("name", "cd", "purpose", "why", "origin", "depth").rows() == [
        (f"{HUGH}.{label}.{D}", False, "survey", f"{protocol.NAME}-owner", D, 0),
        (f"{label}.{D}", False, "survey", protocol.NAME, D, 0),
    ]


@both
def test_follow_ups_are_led_to_by_own_questions_only(
    protocol: ModuleType, crawled: Any, context: Context
) -> None:
    wanted = Wanted(local_parts=("Info",))
    asked = Context(context.trusted, context.registrable, wanted)
    name, label = protocol.NAME, LABELS[protocol.NAME]
    for why, expected in ((name, 2), ("mx", 0), ("spf", 0)):
        fact = crawled.fact(f"{label}.{D}", "A", outcome=Outcome.NO_DATA, why=why)
        asks = protocol.follow_ups(crawled.frame(fact), asked).collect()
        assert asks.schema == polars_schema(ASKS)
        assert asks.height == expected
        assert set(asks["depth"]) <= {1}
    for why, expected in ((f"{name}-owner", 1), (f"{name}-owner-confirm", 1), (f"{name}-lower", 0)):
        owner = f"{INFO_AS_WRITTEN}.{label}.{D}"
        fact = crawled.fact(owner, name.upper(), outcome=Outcome.NO_NAME, why=why)
        asks = protocol.follow_ups(crawled.frame(fact), asked).collect()
        assert asks["name"].to_list() == [f"{INFO}.{label}.{D}"] * expected
