"""The benchmark, small: what it prints and writes down. How fast it is, is not tested."""

import json

import pytest

from pipeline import bench


@pytest.mark.real
def test_all_clients_ask_the_same_and_lose_nothing(tmp_path, capsys):
    out = tmp_path / "runs/bench.json"
    bench.main(1000, out)
    results = json.loads(out.read_text())
    assert [result["client"] for result in results] == ["dnsperf", "wire", "cares"]
    assert [result["lost"] for result in results] == [0, 0, 0]
    # 200 names; of ten, two have nothing (all five questions NXDOMAIN), two more no _dmarc
    assert [result["rcodes"] for result in results[1:]] == [{"0": 760, "3": 240}] * 2
    printed = capsys.readouterr().out
    for result in results:
        assert f"{result['questions_per_s']:,.0f}" in printed


def test_a_missing_program_is_said_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "program", lambda name: "" if name == "dnsperf" else name)
    with pytest.raises(SystemExit) as end:
        bench.main(1000, tmp_path / "bench.json")
    assert str(end.value) == "mailsurvey: bench needs dnsperf (Debian: apt-get install nsd dnsperf)"
    assert not list(tmp_path.iterdir())
