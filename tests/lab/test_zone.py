"""The zone file as a resolver: dnspython reads what it answers, the RFCs say what that must be."""

import gzip
import json
import string

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lab.rows import canonical, parent
from pipeline.lab.zone import Zone, ZoneError

SOA = "ns.example. hostmaster.example. 1 3600 600 86400 60"


def ask(zone, name, qtype="TXT", cd=False):
    octets = zone.answer(name, dns.rdatatype.from_text(qtype), cd)
    return None if octets is None else dns.message.from_wire(octets)


def rcode(message):
    return dns.rcode.to_text(message.rcode())


def answer_texts(message):
    """Every record of the answer section: owner, type, rdata."""
    return [
        (rrset.name.to_text(True), dns.rdatatype.to_text(rrset.rdtype), rdata.to_text())
        for rrset in message.answer
        for rdata in rrset
    ]


def zone(names, **dnssec):
    return Zone.from_json({"zone": names, "dnssec": dnssec})


# --- wildcards: the zone of RFC 4592 §2.2.1 ------------------------------------------------------

RFC4592 = {
    "example.": {"SOA": [SOA], "NS": ["ns.example.com.", "ns.example.net."]},
    "*.example.": {"TXT": [["this is a wildcard"]], "MX": [[10, "host1.example."]]},
    "sub.*.example.": {"TXT": [["this is not a wildcard"]]},
    "host1.example.": {"A": ["192.0.2.1"]},
    "_ssh._tcp.host1.example.": {"SRV": ["0 0 22 host1.example."]},
    "_ssh._tcp.host2.example.": {"SRV": ["0 0 22 host2.example."]},
    "subdel.example.": {"NS": ["ns.example.com.", "ns.example.net."]},
}
WILDCARD = ('"this is a wildcard"',)
CASES = [
    # the seven answers that the RFC spells out
    ("host3.example", "MX", "NOERROR", ("10 host1.example.",)),
    ("host3.example", "A", "NOERROR", ()),
    ("foo.bar.example", "TXT", "NOERROR", WILDCARD),
    ("host1.example", "MX", "NOERROR", ()),  # host1 exists
    ("sub.*.example", "MX", "NOERROR", ()),  # sub.* exists
    ("_telnet._tcp.host1.example", "SRV", "NXDOMAIN", ()),  # _tcp.host1 exists, without data
    ("host.subdel.example", "A", "NXDOMAIN", ()),  # subdel exists
    ("ghost.*.example", "MX", "NXDOMAIN", ()),  # * exists
    # and what its rules say beside
    ("*.example", "TXT", "NOERROR", WILDCARD),
    ("_tcp.host2.example", "SRV", "NOERROR", ()),  # empty non-terminal
    ("host2.example", "TXT", "NOERROR", ()),  # exists by what lies below it
    ("a.b.c.d.example", "TXT", "NOERROR", WILDCARD),
    ("HOST3.Example.", "TXT", "NOERROR", WILDCARD),
    ("example", "TXT", "NOERROR", ()),
    ("test", "TXT", "NXDOMAIN", ()),
    (".", "TXT", "NOERROR", ()),
]


@pytest.mark.parametrize(("name", "qtype", "expected", "rdata"), CASES)
def test_wildcards_of_rfc_4592(name, qtype, expected, rdata):
    message = ask(zone(RFC4592), name, qtype)
    owner = name.lower().removesuffix(".")
    assert rcode(message) == expected
    assert answer_texts(message) == [(owner, qtype, text) for text in rdata]


def test_a_wildcard_that_exists_only_by_what_lies_below_it_is_no_data():
    names = {"sub.*.example": {"TXT": ["x"]}}
    assert rcode(ask(zone(names), "a.example")) == "NOERROR"


def test_a_wildcard_at_the_root():
    assert answer_texts(ask(zone({"*": {"TXT": ["x"]}}), "a.b")) == [("a.b", "TXT", '"x"')]


# --- aliases -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "expected", "records"),
    [
        ({"TXT": [["x"]]}, "NOERROR", 3),
        ({"A": ["192.0.2.1"]}, "NOERROR", 2),
        ({"*": "NXDOMAIN"}, "NXDOMAIN", 2),  # RFC 6604 §3
        ({"TXT": "SERVFAIL"}, "SERVFAIL", 0),
        ({"TXT": "REFUSED"}, "REFUSED", 0),
        ({"CNAME": ["a.jp"]}, "SERVFAIL", 0),  # a loop
        ({"CNAME": ["c.jp"]}, "SERVFAIL", 0),
    ],
)
def test_the_end_of_an_alias_chain_decides(end, expected, records):
    names = {"a.jp": {"CNAME": ["b.jp."]}, "b.jp": {"CNAME": ["C.jp"]}, "c.jp": end}
    message = ask(zone(names), "a.jp")
    assert rcode(message) == expected
    owners = [owner for owner, _, _ in answer_texts(message)]
    assert owners == ["a.jp", "b.jp", "c.jp"][:records]


def test_an_alias_leads_out_of_the_file_to_nothing():
    message = ask(zone({"a.jp": {"CNAME": ["gone.example"]}}), "a.jp")
    assert rcode(message) == "NXDOMAIN"
    assert answer_texts(message) == [("a.jp", "CNAME", "gone.example.")]


def test_an_alias_is_answered_itself_when_it_is_asked_for():
    message = ask(zone({"a.jp": {"CNAME": ["b.jp"]}}), "a.jp", "CNAME")
    assert answer_texts(message) == [("a.jp", "CNAME", "b.jp.")]


def test_an_alias_at_a_wildcard_takes_the_name_that_was_asked():
    names = {"*.jp": {"CNAME": ["b.example"]}, "b.example": {"TXT": ["x"]}}
    message = ask(zone(names), "q.w.jp")
    assert answer_texts(message) == [
        ("q.w.jp", "CNAME", "b.example."),
        ("b.example", "TXT", '"x"'),
    ]


def test_a_long_chain_is_not_followed_to_the_end():
    names = {f"a{n}.jp": {"CNAME": [f"a{n + 1}.jp"]} for n in range(40)}
    assert rcode(ask(zone(names), "a0.jp")) == "SERVFAIL"


# --- failures instead of rows --------------------------------------------------------------------


@pytest.mark.parametrize("word", ["SERVFAIL", "REFUSED", "NXDOMAIN"])
def test_a_word_instead_of_rows_is_the_rcode(word):
    of_one = zone({"a.jp": {"TXT": word, "A": ["192.0.2.1"]}})
    assert rcode(ask(of_one, "a.jp")) == word
    assert rcode(ask(of_one, "a.jp", "A")) == "NOERROR"
    assert rcode(ask(of_one, "a.jp", "MX")) == "NOERROR"
    of_all = zone({"a.jp": {"*": word, "A": ["192.0.2.1"]}})
    assert rcode(ask(of_all, "a.jp", "MX")) == word
    assert rcode(ask(of_all, "a.jp", "A")) == "NOERROR"  # what is listed counts first


def test_timeout_is_silence():
    silent = zone({"a.jp": {"TXT": "TIMEOUT"}, "b.jp": {"CNAME": ["a.jp"]}})
    assert ask(silent, "a.jp") is None
    assert ask(silent, "b.jp") is None
    assert rcode(ask(silent, "a.jp", "MX")) == "NOERROR"


# --- what a validator finds ----------------------------------------------------------------------

SIGNED = {
    "good.jp": {"TXT": ["x"]},
    "bad.jp": {"TXT": ["x"]},
    "plain.jp": {"TXT": ["x"]},
    "deep.good.jp": {"CNAME": ["good.jp"]},
    "to-plain.good.jp": {"CNAME": ["plain.jp"]},
    "from-plain.plain.jp": {"CNAME": ["good.jp"]},
    "to-bad.good.jp": {"CNAME": ["bad.jp"]},
    "island.bad.jp": {"TXT": ["x"]},
}
FOUND = {"good.jp": "secure", "bad.jp": "bogus", "island.bad.jp": "secure"}
VALIDATION = [
    ("good.jp", "secure"),
    ("missing.good.jp", "secure"),  # a denial is validated too
    ("deep.good.jp", "secure"),
    ("to-plain.good.jp", "insecure"),  # every link must be secure, RFC 4035 §3.2.3
    ("from-plain.plain.jp", "insecure"),
    ("to-bad.good.jp", "bogus"),
    ("bad.jp", "bogus"),
    ("missing.bad.jp", "bogus"),
    ("island.bad.jp", "secure"),  # the longest zone counts
    ("plain.jp", "insecure"),
    ("notgood.jp", "insecure"),
]


@pytest.mark.parametrize(("name", "found"), VALIDATION)
def test_a_validator_in_front_of_the_zone(name, found):
    signed = zone(SIGNED, **FOUND)
    validated, unchecked = ask(signed, name), ask(signed, name, cd=True)
    assert bool(validated.flags & dns.flags.AD) == (found == "secure")
    assert (rcode(validated) == "SERVFAIL") == (found == "bogus")
    assert rcode(unchecked) != "SERVFAIL"
    assert unchecked.flags & dns.flags.CD
    assert bool(unchecked.flags & dns.flags.AD) == (found == "secure")


def test_bogus_is_said_with_its_extended_error():
    message = ask(zone({"a.jp": {"TXT": ["x"]}}, **{"*": "bogus"}), "A.jp")
    assert [int(ede.code) for ede in message.extended_errors()] == [6]  # RFC 8914 §4.7


@pytest.mark.parametrize("word", ["secure", "insecure", "bogus"])
def test_a_star_is_every_zone(word):
    everywhere = zone({"a.jp": {"TXT": ["x"]}}, **{"*": word, "b.jp": "insecure"})
    assert everywhere.security("a.jp") == word
    assert everywhere.security("x.b.jp") == "insecure"


# --- negative answers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("gone.example", "example."),
        ("example", "example."),
        ("a.b.sub.example", "sub.example."),
        ("gone.jp", "jp."),
        ("a.gone.jp", "jp."),
        (".", "."),
    ],
)
def test_negative_answers_carry_the_nearest_soa(name, owner):
    names = {"example": {"SOA": [SOA]}, "x.sub.example": {"A": []}, "sub.example": {"SOA": [SOA]}}
    (rrset,) = ask(zone(names), name).authority
    assert rrset.name.to_text() == owner
    assert rrset.rdtype == dns.rdatatype.SOA
    if owner.endswith("example."):
        assert rrset.ttl == 60  # the lesser of TTL and MINIMUM, RFC 2308 §5


def test_a_name_without_an_soa_of_its_own_has_no_data_of_that_type():
    message = ask(zone({"a.jp": {"TXT": ["x"]}}), "a.jp", "SOA")
    assert (rcode(message), message.answer) == ("NOERROR", [])


# --- rows ----------------------------------------------------------------------------------------

ROWS = [
    ("TXT", [["v=spf1 ", "-all"]], ['"v=spf1 " "-all"']),
    ("TXT", ["one string"], ['"one string"']),
    ("TXT", [[]], ['""']),
    ("TXT", ["x" * 300], ['"' + "x" * 255 + '" "' + "x" * 45 + '"']),
    ("TXT", ["\u0080\u3042\ud800"], [r'"\194\128\227\129\130\237\160\128"']),  # UTF-8 octets
    ("MX", [[10, "mx.a.jp"], "20 MX.b.jp."], ["10 mx.a.jp.", "20 MX.b.jp."]),
    ("MX", [[0, "."]], ["0 ."]),
    ("A", ["192.0.2.1"], ["192.0.2.1"]),
    ("AAAA", ["2001:db8::1"], ["2001:db8::1"]),
    ("NS", ["ns.a.jp"], ["ns.a.jp."]),
    ("CAA", ['0 issue "ca.example"'], ['0 issue "ca.example"']),
    ("TYPE65280", [r"\# 2 abcd"], [r"\# 2 abcd"]),
]


@pytest.mark.parametrize(("rtype", "rows", "expected"), ROWS)
def test_rows_become_records(rtype, rows, expected):
    message = ask(zone({"a.jp": {rtype: rows}}), "a.jp", rtype)
    assert [text for _, _, text in answer_texts(message)] == expected


def test_a_set_too_large_for_any_message_is_a_failure():
    big = zone({"a.jp": {"TXT": [["x" * 255] * 100 + [str(n)] for n in range(3)]}})
    assert rcode(ask(big, "a.jp")) == "SERVFAIL"


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Example.JP.", "example.jp"),
        (".", "."),
        ("日本.jp", "xn--wgv71a.jp"),
        ("_dmarc.日本.jp", "_dmarc.xn--wgv71a.jp"),
        (r"a\.b.jp", r"a\.b.jp"),
        (r"a\046b.jp.", r"a\.b.jp"),
        ("a b.jp", r"a\032b.jp"),
        ("foo:bar/baz.jp", "foo:bar/baz.jp"),
    ],
)
def test_names_have_one_spelling(text, name):
    assert canonical(text) == name


@pytest.mark.parametrize("text", ["..", ".jp", "a..jp", "x" * 64, "a." * 128, "\x80", r"a\999.jp"])
def test_what_is_no_name(text):
    with pytest.raises(ValueError, match=r"."):
        canonical(text)


@given(st.lists(st.binary(min_size=1, max_size=12), max_size=5))
def test_parent_cuts_one_label_as_dnspython_does(labels):
    name = dns.name.Name([label.lower() for label in labels] + [b""])
    above = name.parent() if len(name) > 1 else name
    assert parent(canonical(name.to_text())) == canonical(above.to_text())


# --- files ---------------------------------------------------------------------------------------

LINES = [
    {"name": "a.jp.", "type": "TXT", "ttl": 600, "strings": ["v=spf1 ", "-all"], "src": "x"},
    {"name": "A.jp", "type": "TXT", "rdata": '"quoted" "text"'},
    {"name": "a.jp", "type": "TXT", "rdata": "bare; text"},
    {"name": "a.jp", "type": "MX", "rdata": "10 mx.a.jp."},
    {"name": "a.jp", "type": "MX", "rdata": "10 mx.a.jp."},  # a dump may repeat itself
    {"name": "b.jp", "type": "ALIAS", "rdata": "a.jp."},
    {"name": "b.jp", "type": "A", "rdata": "a.jp."},
    {"name": "b.jp", "type": "CNAME", "rdata": "a.jp."},
    {"name": "b.jp", "type": "CNAME", "rdata": "c.jp."},
    {"name": "a..jp", "type": "A", "rdata": "192.0.2.1"},
    {"name": "c.jp", "type": "A", "ttl": -1, "rdata": "192.0.2.1"},
    {"name": "c.jp", "type": "A"},
    {"name": 1, "type": "A", "rdata": "192.0.2.1"},
]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_json_lines_plain_and_packed(tmp_path, pack):
    path = tmp_path / "records"
    path.write_bytes(pack("\n\n".join(map(json.dumps, LINES)).encode()))
    lines = Zone.load(path)
    message = ask(lines, "a.jp")
    texts = ['"v=spf1 " "-all"', '"quoted" "text"', '"bare; text"']
    assert [text for _, _, text in answer_texts(message)] == texts
    assert message.answer[0].ttl == 600
    assert [text for _, _, text in answer_texts(ask(lines, "a.jp", "MX"))] == ["10 mx.a.jp."]
    assert ("b.jp", "CNAME", "a.jp.") in answer_texts(ask(lines, "b.jp"))
    assert [row.line for row in lines.skipped] == [11, 13, 17, 19, 21, 23, 25]
    assert "ALIAS" in lines.skipped[0].reason


@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_object_on_one_line_or_many(tmp_path, indent):
    path = tmp_path / "zone.json"
    data = {"zone": {"a.jp": {"TXT": [["x"]]}}, "dnssec": {"jp": "secure"}, "https": {"u": 1}}
    path.write_text(json.dumps(data, indent=indent), encoding="utf-8-sig")
    assert ask(Zone.load(path), "a.jp").flags & dns.flags.AD


HOSTILE = [
    (b"", "line 1"),
    (b"[1, 2]", '"zone"'),
    (b'{"zone": {\n"a.jp": }', "line 2"),
    (b"[" * 100_000, "nested too deeply"),
    (b"\xff\xfe\xff", "not JSON"),
    (b"\x1f\x8b\x08broken", "gzip"),
    (b'{"zone": []}', '"zone"'),
    (b'{"zone": {"a..jp": {}}}', "a domain name"),
    (b'{"zone": {"a.jp": []}}', "an object"),
    (b'{"zone": {"a.jp": {}, "A.jp.": {}}}', "each name once"),
    (b'{"zone": {"a.jp": {"TXT": [], "txt": []}}}', "each type once"),
    (b'{"zone": {"a.jp": {"ALIAS": []}}}', "unknown type"),
    (b'{"zone": {"a.jp": {"TYPE99999999": []}}}', "unknown type"),
    (b'{"zone": {"a.jp": {"AXFR": []}}}', "question"),
    (b'{"zone": {"a.jp": {"TXT": "LOST"}}}', "SERVFAIL, TIMEOUT, REFUSED, NXDOMAIN"),
    (b'{"zone": {"a.jp": {"TXT": {"a": 1}}}}', "a list of rows"),
    (b'{"zone": {"a.jp": {"*": ["x"]}}}', "SERVFAIL"),
    (b'{"zone": {"a.jp": {"TXT": [["x"], [1]]}}}', "row 2"),
    (b'{"zone": {"a.jp": {"TXT": [null]}}}', "row 1"),
    (b'{"zone": {"a.jp": {"MX": [["10", "b.jp"]]}}}', "[preference, host]"),
    (b'{"zone": {"a.jp": {"MX": [[65536, "b.jp"]]}}}', "65535"),
    (b'{"zone": {"a.jp": {"MX": [[true, "b.jp"]]}}}', "[preference, host]"),
    (b'{"zone": {"a.jp": {"MX": [[1, "b..jp"]]}}}', "row 1"),
    (b'{"zone": {"a.jp": {"A": ["192.0.2.256"]}}}', "presentation form"),
    (b'{"zone": {"a.jp": {"A": [["192.0.2.1"]]}}}', "presentation form"),
    (b'{"zone": {"a.jp": {"CNAME": ["b.jp", "c.jp"]}}}', "one CNAME"),
    (b'{"zone": {}, "dnssec": []}', "dnssec"),
    (b'{"zone": {}, "dnssec": {"jp": "signed"}}', "secure, insecure, bogus"),
    (b'{"zone": {}, "dnssec": {"a..jp": "secure"}}', "a domain name"),
    (b'{"name": "a.jp", "type": "A", "rdata": "192.0.2.1"}\n[1]', "line 2"),
    (b'{"name": "a.jp", "type": "A", "rdata": "192.0.2.1"}\n{', "line 2"),
]


@pytest.mark.parametrize(("octets", "said"), HOSTILE)
def test_a_hostile_file_is_one_line(tmp_path, octets, said):
    path = tmp_path / "zone.json"
    path.write_bytes(octets)
    with pytest.raises(ZoneError) as error:
        Zone.load(path)
    line = str(error.value)
    assert line.startswith(f"{path}: ")
    assert said in line
    assert "allowed" in line
    assert line.isprintable()


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(ZoneError, match="No such file"):
        Zone.load(tmp_path / "none.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["A", "*"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=8) | st.sampled_from(["TXT", "MX", "A", "CAA", "SRV", "*", "LOC"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(string.printable, max_size=9), JSON, max_size=4), JSON)
def test_reading_and_answering_are_total(names, dnssec):
    try:
        read = Zone.from_json({"zone": names, "dnssec": dnssec})
    except ZoneError:
        return
    for name in names:
        for qtype in ("TXT", "MX", "A"):
            ask(read, name, qtype)


def test_the_records_of_real_organisations(shared):
    real = Zone.load(shared / "real/dns/records.jsonl.gz")
    reasons = {row.reason for row in real.skipped}
    assert reasons == {"unknown type 'ALIAS'", "a second CNAME"}
    message = ask(real, "wikipedia.ae")
    assert answer_texts(message) == [("wikipedia.ae", "TXT", '"v=spf1 -all"')]
