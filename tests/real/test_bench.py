"""The benchmark, small: what it prints and writes down. How fast it is, is not tested."""

import json

import pytest

from pipeline import bench


@pytest.mark.real
def test_all_clients_ask_the_same_and_lose_nothing(tmp_path, capsys):
    out = tmp_path / "runs/bench.json"
    bench.main(1000, out)
    kept = json.loads(out.read_text())
    clients, surveys = kept["clients"], kept["surveys"]
    assert [result["client"] for result in clients] == ["dnsperf", "wire", "cares"] * 3
    assert [result["lost"] for result in clients] == [0] * 9
    # 200 names; of ten, two have nothing (all five questions NXDOMAIN), two more no _dmarc
    asked = [result["rcodes"] for result in clients if result["client"] != "dnsperf"]
    assert asked == [{"0": 760, "3": 240}] * 6
    assert [(one["engine"], one["domains"]) for one in surveys] == [("wire", 200), ("cares", 200)]
    assert all(one["worker_peak_mib"] > 0 for one in surveys)
    printed = capsys.readouterr().out
    for client in ("dnsperf", "wire", "cares"):
        speeds = sorted(one["questions_per_s"] for one in clients if one["client"] == client)
        assert f"{speeds[1]:,.0f}" in printed
    for one in surveys:
        assert f"{one['domains_per_s']:,.0f}" in printed


def test_a_missing_program_is_said_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "program", lambda name: "" if name == "dnsperf" else name)
    with pytest.raises(SystemExit) as end:
        bench.main(1000, tmp_path / "bench.json")
    assert str(end.value) == "mailsurvey: bench needs dnsperf (Debian: apt-get install nsd dnsperf)"
    assert not list(tmp_path.iterdir())
