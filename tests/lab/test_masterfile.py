"""The master file: line by line, and read back by dnspython."""

from collections import Counter
from pathlib import Path

import dns.name
import dns.rdata
import dns.zone
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import ConfigError, Lab, load_study
from pipeline.lab import masterfile
from pipeline.lab.export import write, write_served
from pipeline.lab.plan import plan
from pipeline.lab.records import every_node, nodes_of, zone
from pipeline.lab.rows import Failure
from pipeline.message import from_strings, to_text, to_wire
from pipeline.words import QType

CASES = yaml.safe_load(
    (Path(__file__).parents[1] / "cases" / "masterfile.yaml").read_text(encoding="utf-8")
)
NODES = nodes_of({name: case["rows"] for name, case in CASES["names"].items()})
UNKNOWN_TO_DNSPYTHON = "_25._tcp.host.lab"  # a TLSA whose digest is too short
STUDY = """
[study]
name = "small"
title = "a small lab"

[resolver]
addresses = ["lab"]
signed = "signed.lab"
forged = "forged.lab"
unsigned = "unsigned.lab"

[[cohort]]
name = ".jp"
lists = ["lab:jp.txt"]
"""


def read_back(path):
    """Owner and type → rdata, as dnspython reads the file."""
    read = dns.zone.from_file(str(path), ".", relativize=False)
    return {
        (to_text(name.to_wire()), int(rdataset.rdtype)): {rdata.to_wire() for rdata in rdataset}
        for name, node in read.nodes.items()
        for rdataset in node.rdatasets
    }


def expected(nodes):
    """The same of the nodes: all that can stand in the root zone."""
    found = {(".", int(QType.SOA)): {to_wire("ns.lab") + to_wire("hostmaster.lab") + TIMES},
             (".", int(QType.NS)): {to_wire("ns.lab")}}  # fmt: skip
    for name, node in nodes:
        kept = {
            rtype: {rdata for _, rdata in rows}
            for rtype, rows in node.items()
            if not isinstance(rows, Failure) and rows and rtype not in (QType.SOA, QType.NS)
        }
        if QType.CNAME in kept:
            kept = {int(QType.CNAME): kept[QType.CNAME]}
        found |= {(name, rtype): rdata for rtype, rdata in (kept or {65280: {b""}}).items()}
    return found


TIMES = b"".join(number.to_bytes(4) for number in (1, 3600, 600, 1209600, 300))


# --- the cases ------------------------------------------------------------------------------------


def test_every_case_has_its_lines(tmp_path):
    written = masterfile.write_zone(NODES.items(), tmp_path / "root.zone")
    lines = written.path.read_text(encoding="ascii").splitlines()
    wanted = [one for case in CASES["names"].values() for one in case["lines"]]
    assert lines[3:-1] == wanted
    assert written.left_out == CASES["left_out"]
    assert written.placeholders == CASES["placeholders"]
    assert written.records == len(wanted) - CASES["placeholders"]
    assert lines[-1] == f"; {written.summary}"
    assert "SOA 2, beside a CNAME 3, planned REFUSED 1" in written.summary


def test_dnspython_reads_the_cases(tmp_path):
    nodes = {name: node for name, node in NODES.items() if name != UNKNOWN_TO_DNSPYTHON}
    written = masterfile.write_zone(nodes.items(), tmp_path / "root.zone")
    read = read_back(written.path)
    lowered = {to_wire("HOST.lab"): to_wire("host.lab")}  # names are written in lower case
    wanted = {
        key: {lowered.get(rdata, rdata) for rdata in rows}
        for key, rows in expected(nodes.items()).items()
    }
    assert read == wanted


@given(st.lists(st.binary(max_size=255), min_size=1, max_size=8))
def test_texts_of_any_octets(parts):
    wire = from_strings(parts)
    text = masterfile.line("a.lab", QType.TXT, 60, wire)
    head, _, presented = text.partition(" TXT ")
    assert head == "a.lab. 60 IN"
    assert text.isascii()
    assert text.count("\n") == 1
    assert dns.rdata.from_text("IN", "TXT", presented.strip()).to_wire() == wire


@given(st.lists(st.binary(min_size=1, max_size=63), min_size=1, max_size=3))
def test_names_of_any_octets(labels):
    wire = dns.name.Name([*labels, b""]).to_wire()
    owner = to_text(wire)
    text = masterfile.line(owner, QType.CNAME, 60, wire)
    assert not text.startswith(("$", ";", '"', "(", " ", "@"))
    first, *_, last = text.split()
    assert first == last
    assert dns.name.from_text(first).to_wire().lower() == wire.lower()


def test_a_text_of_the_greatest_size(tmp_path):
    wire = from_strings([bytes([number % 256]) * 255 for number in range(255)])
    written = masterfile.write_zone(
        [("large.lab", {int(QType.TXT): ((60, wire),)})], tmp_path / "root.zone"
    )
    assert read_back(written.path)["large.lab", int(QType.TXT)] == {wire}


def test_an_alias_cannot_be_the_root(tmp_path):
    node = {int(QType.CNAME): ((60, to_wire("host.lab")),), int(QType.A): ((60, bytes(4)),)}
    written = masterfile.write_zone([(".", node)], tmp_path / "root.zone")
    assert written.left_out == {"CNAME": 1, "beside a CNAME": 1}
    assert written.placeholders == 0
    read_back(written.path)


# --- the plan -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def planned():
    return plan(Lab(seed=3, jp=600, go_jp=40))


def test_the_plan_s_file_holds_the_plan(planned, tmp_path):
    lists, written = write_served(planned, tmp_path / "lab")
    assert sorted(lists) == ["go-jp.csv", "go-jp.txt", "jp.txt"]
    assert written.path == tmp_path / "lab/root.zone"
    wanted = expected(nodes_of(zone(planned)["zone"]).items())
    lines = written.path.read_text(encoding="ascii").splitlines(keepends=True)
    digests = {int(QType.TLSA): "TLSA", int(QType.SMIMEA): "SMIMEA"}  # some are of a wrong length
    readable = [one for one in lines if one.split()[3] not in digests.values()]
    (tmp_path / "readable.zone").write_text("".join(readable), encoding="ascii")
    assert read_back(tmp_path / "readable.zone") == {
        (name, rtype): rows for (name, rtype), rows in wanted.items() if rtype not in digests
    }
    assert set(lines) - set(readable) == {
        f"{name}. 3600 IN {digests[rtype]} \\# {len(rdata)} {rdata.hex()}\n"
        for (name, rtype), rows in wanted.items()
        if rtype in digests
        for rdata in rows
    }


def test_what_the_plan_s_file_leaves_out(planned, tmp_path):
    written = write_served(planned, tmp_path)[1]
    names = zone(planned)["zone"]
    counted = Counter()
    for types in names.values():
        for kind, rows in types.items():
            if isinstance(rows, str):
                counted[f"planned {rows}"] += 1
            elif kind == "SOA":
                counted["SOA"] += 1
    assert written.left_out == counted
    assert set(counted) == {"SOA", "planned SERVFAIL", "planned REFUSED", "planned TIMEOUT"}
    bare = [
        name
        for name, types in names.items()
        if all(isinstance(rows, str) or kind == "SOA" for kind, rows in types.items())
    ]
    assert written.placeholders == len(bare)


def test_every_name_comes_once_and_always_in_the_same_bytes(planned, tmp_path):
    names = [name for name, _ in every_node(planned)]
    assert len(set(names)) == len(names)
    assert sorted(names) == sorted(zone(planned)["zone"])
    first, second = (write_served(planned, tmp_path / one)[1].path for one in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_export_writes_everything_and_says_what_is_left_out(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(STUDY + "\n[lab]\nseed = 3\njp = 20\ngo_jp = 5\n")
    said = list(write(load_study(path), tmp_path / "lab"))
    names = ["jp.txt", "go-jp.txt", "go-jp.csv", "zone.json.gz", "root.zone", "truth.parquet"]
    assert [Path(one).name for one in said if not one.startswith(" ")] == names
    assert sorted(one.name for one in (tmp_path / "lab").iterdir()) == sorted(names)
    assert said[5].startswith("  ")
    assert "left out: SOA" in said[5]


def test_a_study_without_a_lab_has_nothing_to_export(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(STUDY.replace('"lab"', '"127.0.0.1"').replace("lab:jp", "jp"))
    (tmp_path / "jp.txt").write_text("a.jp\n")
    with pytest.raises(ConfigError, match=r"no \[lab\] to export"):
        list(write(load_study(path), tmp_path / "lab"))
