"""Beyond the DNS on the lab: politeness, killing and going on, what is left out, a closed port."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipeline import manifest as manifests
from pipeline.config import ConfigError, load_study
from pipeline.reaching import anchors_text, before
from pipeline.run import name_before
from pipeline.schema import FETCHES, VISIT_KEY, VISITS, Column, polars_schema
from pipeline.store import Store

from .conftest import crawl, killed_at_shard, published, study_file

SMALL_SHARDS = """
from pipeline.ask.smtp import partition
partition.SHARD_ROWS = 40
"""
SMTP_MEASURES = ("starttls", "starttls_any", "starttls_valid", "dane_verified", "dane_verified_any")


def connections(log: Path) -> list[tuple[str, str, str]]:
    """What the lab's mail and web servers logged: event, service, address; in its order."""
    rows = [line.split("\t") for line in log.read_text(encoding="utf-8").splitlines()]
    return [(row[1], row[2], row[3]) for row in rows if row[1] in ("open", "close")]


def most_at_once(events: list[tuple[str, str, str]]) -> Counter:
    """(service, address) → the most connections that were open at one time."""
    here: Counter = Counter()
    most: Counter = Counter()
    for event, *place in events:
        here[tuple(place)] += 1 if event == "open" else -1
        most[tuple(place)] = max(most[tuple(place)], here[tuple(place)])
    return most


def visits(folder: Path) -> pl.DataFrame:
    return Store(folder / "run").scan("visits", VISITS).collect()


def test_no_address_sees_two_connections_at_once(undisturbed: Path) -> None:
    most = most_at_once(connections(undisturbed / "log-hosts"))
    mail = {place: count for place, count in most.items() if place[0] == "smtp"}
    assert len(mail) > 400
    assert set(mail.values()) == {1}


def test_no_visit_and_no_fetch_is_kept_twice(undisturbed: Path) -> None:
    made = visits(undisturbed)
    assert not made.select(VISIT_KEY).is_duplicated().any()
    fetched = Store(undisturbed / "run").scan("fetches", FETCHES).collect()
    assert fetched.height > 20
    assert not fetched["url"].is_duplicated().any()


def test_a_second_look_is_taken_only_where_certificates_do_not_fit(undisturbed: Path) -> None:
    again = visits(undisturbed).filter(purpose="confirm")
    states = Store(undisturbed / "run").read("states").collect()
    mismatched = states.filter(pl.col("dane_verified") == "mismatch")
    assert mismatched.height
    assert 0 < again.height <= 4 * mismatched.height


@pytest.mark.parametrize("shard", [1, 6])
def test_killed_among_the_visits(shard: int, tmp_path: Path, undisturbed: Path) -> None:
    study, log = study_file(tmp_path), tmp_path / "log"
    beginning = SMALL_SHARDS + killed_at_shard(shard, "visits/")
    assert crawl(study, log, beginning).returncode == -9
    kept = set(visits(tmp_path).filter(purpose="survey")["address"])
    assert kept or shard == 1
    done = crawl(study, tmp_path / "later")  # the killed one's servers may still write to theirs
    assert done.returncode == 0, done.stderr
    later = connections(tmp_path / "later-hosts")
    opened = [address for event, kind, address in later if (event, kind) == ("open", "smtp")]
    again = set(visits(tmp_path).filter(purpose="confirm")["address"])
    canary = set(opened[:1])
    assert not (kept & set(opened)) - again - canary
    first, second = (visits(folder).select(VISIT_KEY) for folder in (undisturbed, tmp_path))
    assert set(first.rows()) == set(second.rows())
    for table in ("adoption", "mistakes"):
        assert published(tmp_path, table).equals(published(undisturbed, table))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (None, "No such file"),
        ("nothing", "no certificate (PEM) in it"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "one of its certificates cannot be read",
        ),
    ],
)
def test_anchors_that_cannot_be_used(text: str | None, wrong: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "roots.pem").write_text(text)
    study = load_study(study_file(tmp_path))
    study = replace(study, https=replace(study.https, anchors="roots.pem"))
    with pytest.raises(ConfigError, match=re.escape(wrong)):
        anchors_text(study)


def kept_run(folder: Path, name: str, study: str, finished_at: str | None) -> Store:
    """A run's folder, with no more in it than a later run looks at."""
    store = Store(folder / name)
    manifests.write(store, {"study": study, "finished_at": finished_at})
    row = dict.fromkeys(polars_schema(FETCHES)) | {"url": f"https://{name}/"}
    fetches = pl.DataFrame([row], schema=polars_schema(FETCHES))
    store.write("fetches/f-0001-00000", fetches, FETCHES)
    states = pl.DataFrame({"domain": [name]})
    store.write("states", states, (Column("domain", pl.String, "", "", ""),))
    return store


def test_the_run_before_this_one(tmp_path: Path) -> None:
    kept_run(tmp_path, "one", "jp", "2026-01-01")
    kept_run(tmp_path, "two", "jp", "2026-02-01")
    kept_run(tmp_path, "three", "jp", None)  # not carried to its end
    kept_run(tmp_path, "four", "nl", "2026-03-01")
    this = kept_run(tmp_path, "this", "jp", None)
    assert name_before(this, "jp") == "two"
    assert name_before(this, "se") is None
    found = before(this, "two")
    assert found is not None
    assert found.states.collect()["domain"].to_list() == ["two"]
    assert found.fetches.collect()["url"].to_list() == ["https://two/"]
    assert before(this, "gone") is before(this, None) is None


def test_what_a_study_leaves_out_is_not_observed(tmp_path: Path) -> None:
    text = study_file(tmp_path).read_text()
    study = tmp_path / "study.toml"
    study.write_text(text.replace("seed = 7\n", 'seed = 7\nskip = ["smtp", "https"]\n', 1))
    done = crawl(study, tmp_path / "log")
    assert done.returncode == 0, done.stderr
    table = published(tmp_path, "adoption").filter(pl.col("measure").is_in(SMTP_MEASURES[:3]))
    assert table.height == 6
    assert table["share"].to_list() == [None] * 6
    assert visits(tmp_path).is_empty()
    told = manifests.read(Store(tmp_path / "run"))["beyond"]
    assert not told["smtp"]["is_made"]
    assert not (tmp_path / "log-hosts").exists()


def test_a_closed_port_is_told_and_not_counted(tmp_path: Path) -> None:
    # the canary is a host where nobody listens, as it looks from a network that closes port 25
    beginning = 'from pipeline.lab import hosting\nhosting.CANARY = ("127.19.255.254",)\n'
    done = crawl(study_file(tmp_path), tmp_path / "log", beginning)
    assert done.returncode == 0, done.stderr
    assert "seems closed or intercepted from here" in done.stderr
    assert "STARTTLS, certificates and DANE verified were not observed" in done.stdout
    table = published(tmp_path, "adoption").filter(measure="starttls")
    assert table["not_observed"].to_list() == table["of"].to_list()
    assert table["share"].to_list() == [None, None]
    assert visits(tmp_path).is_empty()
