"""The benchmark, small: what it prints and writes down. How fast it is, is not tested."""

import json
from pathlib import Path

import pytest

from pipeline import bench
from pipeline.bench import shown, simulate


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict:
    out = tmp_path_factory.mktemp("bench") / "runs/bench.json"
    bench.main(1000, (200, 400), ("engines", "resolver", "lab"), out, repeats=1)
    return json.loads(out.read_text())


@pytest.mark.real
def test_all_clients_ask_the_same_and_lose_nothing(kept: dict) -> None:
    clients = kept["engines"]
    assert [result["client"] for result in clients] == ["dnsperf", "wire", "cares"]
    assert [(result["questions"], result["lost"]) for result in clients] == [(1000, 0)] * 3
    # of ten names two have nothing at all (five NXDOMAIN each), and two more no _dmarc
    negative = {"answered": 640, "no_data": 120, "no_name": 240}
    assert [result["outcomes"] for result in clients[1:]] == [negative] * 2


@pytest.mark.real
def test_a_cold_resolver_fails_nobody(kept: dict) -> None:
    assert [(one["client"], one["questions"]) for one in kept["resolver"]] == [
        ("dnsperf", 500),
        ("wire", 500),
    ]
    assert [one["lost"] + one["failures"] for one in kept["resolver"]] == [0, 0]


@pytest.mark.real
def test_dnsperf_asks_what_the_lab_s_crawl_asked(kept: dict) -> None:
    assert [one["size"] for one in kept["lab"]] == [200, 400]
    for one in kept["lab"]:
        assert one["domains"] > one["size"]
        assert one["wanted"] > one["questions"] > 5 * one["domains"]
        assert one["dnsperf_s"] > 0
        assert one["worker_mib"] > 0


@pytest.mark.real
def test_what_larger_populations_take(kept: dict, tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    path.write_text(json.dumps(kept))
    lines = simulate.main(path, 1000.0).splitlines()
    assert any(line.startswith("MEASURED") for line in lines)
    assert any(line.startswith("COMPUTED") for line in lines)
    assert any(line.startswith("160,000,000 .com") for line in lines)


LAB = {
    "size": 320_000, "domains": 350_000, "wanted": 7_000_000, "questions": 4_200_000,
    "crawl_s": 100.0, "judge_s": 50.0, "tables_s": 4.0, "dnsperf_s": 40.0, "driver_mib": 300.0,
    "worker_mib": 180.0, "judging_mib": 2000.0, "facts_bytes": 245_000_000,
}  # fmt: skip


def test_costs_are_those_of_the_largest_lab_and_a_line_between() -> None:
    small = LAB | {"size": 10_000, "domains": 10_000, "driver_mib": 130.0}
    found = simulate.costs({"lab": [small, LAB]})
    assert found.questions == 12
    assert found.facts_bytes == 700
    assert found.per_s == 42_000
    assert found.driver_kib == pytest.approx(0.512)  # 170 MiB over 340,000 domains
    assert found.base_mib == pytest.approx(125.0)


def test_hours_at_a_polite_rate() -> None:
    small = LAB | {"size": 10_000, "domains": 10_000}
    found = simulate.costs({"lab": [small, LAB]})
    line = simulate.computed(found, 1000.0, [(".jp", 1_500_000)]).splitlines()[-1]
    assert line.split()[:4] == ["1,500,000", ".jp", "18", "5.0"]  # 18 million questions, 5 hours


@pytest.mark.parametrize(("judge_s", "said"), [(50.0, "met"), (70.0, "MISSED")])
def test_a_target_that_is_missed_is_said(judge_s: float, said: str) -> None:
    printed = shown.lab([LAB | {"judge_s": judge_s}])
    assert f"judging 320,000: ≤ 60 s: {said}" in printed
    assert "crawl and tables ≤ 3 × dnsperf: met" in printed  # 104 s of 120


def test_a_missing_program_is_said_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "program", lambda name: "" if name == "dnsperf" else name)
    with pytest.raises(SystemExit) as end:
        bench.main(1000, (), out=tmp_path / "bench.json")
    assert str(end.value) == "mailsurvey: bench needs dnsperf (Debian: apt-get install dnsperf)"
    assert not list(tmp_path.iterdir())
