"""What ran: written beside the facts, so that a number can be traced to how it was made."""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import polars as pl

from . import message
from .ask.dns.examine import Examination
from .config import Study
from .store import Store
from .words import Purpose

FILE = "manifest.json"
LIBRARIES = ("aiodns", "pycares", "pyarrow", "polars", "dnspython", "publicsuffixlist", "idna")

Manifest = dict[str, Any]


def now() -> str:
    """This moment, ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def begin(study: Study, digests: Mapping[str, str], rule_sets: Mapping[str, list[str]]) -> Manifest:
    """The manifest of a run that starts. digests: SHA-256 of each list file."""
    settings = json.loads(json.dumps(asdict(study), default=str))
    settings.pop("path")
    return {
        "study": study.name,
        "settings": settings,
        "settings_digest": digest({"settings": settings, "lists": dict(digests)}),
        "lists": dict(digests),
        "versions": {
            "mailsurvey": version("mailsurvey"),
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
        "rule_sets": dict(rule_sets),
        "started_at": now(),
        "finished_at": None,
        "starts": 0,
        "resolvers": [],
    }


def digest(value: object) -> str:
    """A short fingerprint of anything JSON can hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read(store: Store) -> Manifest:
    """A run's manifest."""
    manifest: Manifest = json.loads(store.read_text(FILE))
    return manifest


def write(store: Store, manifest: Manifest) -> None:
    """Replace a run's manifest."""
    store.write_text(FILE, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def examined(found: tuple[Examination, ...], start: int) -> list[dict[str, Any]]:
    """The resolvers as examined before the crawl went on. start: which start of the run it was."""
    return [{"start": start, **asdict(one)} for one in found]


def trusted(manifest: Manifest) -> frozenset[str]:
    """The addresses whose AD flag was to be believed at every start of the run."""
    addresses = {one["address"]: True for one in manifest["resolvers"]}
    for one in manifest["resolvers"]:
        addresses[one["address"]] &= one["ad_trusted"]
    return frozenset(address for address, is_trusted in addresses.items() if is_trusted)


def counts(facts: pl.LazyFrame) -> dict[str, Any]:
    """Questions by outcome, engine and transport, of a run's kept facts."""
    survey = facts.filter(pl.col("purpose") != Purpose.AUDIT)
    out: dict[str, Any] = {}
    for column in ("outcome", "engine", "transport"):
        rows = survey.group_by(column).len().sort("len", descending=True).collect()
        out[column] = {str(key): count for key, count in rows.iter_rows()}
    return out


def outcomes(made: pl.LazyFrame) -> dict[str, int]:
    """Visits or fetches by outcome, the most frequent first."""
    rows = made.group_by("outcome").len().sort("len", "outcome", descending=[True, False])
    return {str(key): count for key, count in rows.collect().iter_rows()}


def agreement(facts: pl.LazyFrame) -> dict[str, int]:
    """How far two independent stacks agree: the audit sample against what the first one kept.

    Compared are the outcome and the set of answer records without TTL and string boundaries.
    """
    answers = (
        pl.col("rrs")
        .list.eval(pl.element().filter(pl.element().struct.field("section") == message.ANSWER))
        .map_elements(comparable, return_dtype=pl.String, skip_nulls=False)
    )
    columns = facts.select("name", "qtype", "cd", "purpose", "outcome", "rrs")
    audit = columns.filter(pl.col("purpose") == Purpose.AUDIT).collect()
    first = (
        columns.filter(pl.col("purpose") == Purpose.SURVEY)
        .join(audit.lazy().select("name", "qtype", "cd"), on=["name", "qtype", "cd"], how="semi")
        .collect()
    )
    both = first.with_columns(answers=answers).join(
        audit.with_columns(answers=answers), on=["name", "qtype", "cd"], suffix="_audit"
    )
    same_outcome = both.filter(pl.col("outcome") == pl.col("outcome_audit"))
    failed = both.filter(~pl.col("outcome_audit").is_in(["answered", "no_data", "no_name"]))
    return {
        "asked": both.height,
        "failed": failed.height,
        "same_outcome": same_outcome.height,
        "same_answers": same_outcome.filter(pl.col("answers") == pl.col("answers_audit")).height,
    }


def comparable(rrs: pl.Series) -> str:
    """The answer records of one fact as a text that is equal where the data are."""
    texts = sorted(
        f"{rr['type']} {(message.text(rr['rdata']) if rr['type'] == 16 else rr['rdata']).hex()}"
        for rr in rrs.to_list()
        if rr["type"] != 5  # c-ares does not always show the aliases
    )
    return "|".join(texts)
