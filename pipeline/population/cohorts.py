"""Who is counted: list files → the domains of a study, each with its cohorts.

A listed name takes these steps, and what falls out at one is kept with its reason: it becomes a
name; the opt-out list; the cohort's suffix; the Public Suffix List, which also gives the
registrable name where subdomains do not count; once more suffix and opt-out list for the name that
this left; duplicates; the sample.
"""

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import polars as pl
import pyarrow as pa

from ..config import LAB, Cohort, ConfigError, ListFile, Study, line_with
from ..schema import DOMAINS, REJECTS, Column, polars_schema
from .files import digest
from .lists import Reason, name_of, pieces, read_list
from .suffixes import registrable

LONGEST_TEXT = 300
Strata = dict[tuple[str, str], None]
"""Column and value pairs of one domain, in the order met, each once."""
NO_STRATA: Strata = {}  # shared by all that have none, and never changed
Entry = tuple[int, str, str | Reason, dict[str, str]]
"""Line, text, the name or why it is none, strata."""


class Counts(TypedDict):
    """What became of a cohort's listed names, as the manifest keeps it.

    listed = rejected + duplicates + distinct; distinct = not_drawn + domains.
    reduced: listed names that count as their registrable name. opted_out: of the rejected.
    """

    listed: int
    rejected: int
    opted_out: int
    reduced: int
    duplicates: int
    distinct: int
    not_drawn: int
    domains: int
    known_size: int | None


@dataclass(frozen=True, slots=True)
class Population:
    """A study's domains (`schema.DOMAINS`, by name), what was rejected (`schema.REJECTS`), the
    SHA-256 of each list file, the counts of each cohort, and the names never to be asked."""

    domains: pl.DataFrame
    rejects: pl.DataFrame
    digests: dict[str, str]
    counts: dict[str, Counts]
    opt_out: frozenset[str]


def load_population(study: Study, lab_lists: Mapping[str, Path]) -> Population:
    """Read a study's lists. lab_lists: name → file, for paths "lab:<name>". Raises ConfigError.

    All files are looked for before the first is read, so that nothing is half made.
    """
    files = located(study, lab_lists)
    opt_out = opt_out_names(files[study.opt_out]) if study.opt_out else frozenset()
    times = Counter(spec for cohort in study.cohorts for spec in cohort.lists)
    shared = {
        spec: list(entries_of(files[spec.path], spec)) for spec, count in times.items() if count > 1
    }
    members: dict[str, dict[str, Strata]] = {}
    rejects = Rejects()
    counts = {}
    for cohort in study.cohorts:
        gathering = Gathering(cohort, opt_out, study.private_suffixes, rejects)
        for spec in cohort.lists:
            gathering.take(spec.path, shared.get(spec) or entries_of(files[spec.path], spec))
        drawn = gathering.drawn(study.seed)
        if not drawn:
            wrong = f"no name is left for cohort {cohort.name!r} of {gathering.listed} listed"
            raise ConfigError.at(study.path, line_with(study.path, cohort.name), wrong)
        members[cohort.name] = drawn
        counts[cohort.name] = gathering.counts(len(drawn))
    digests = {name: digest(path) for name, path in files.items()}
    return Population(domain_frame(members), rejects.frame(), digests, counts, opt_out)


def located(study: Study, lab_lists: Mapping[str, Path]) -> dict[str, Path]:
    """The file of each list path, and of the opt-out list. Raises ConfigError where it is named."""
    named = [spec.path for cohort in study.cohorts for spec in cohort.lists]
    files = {}
    for name in [*named, *([study.opt_out] if study.opt_out else [])]:
        if name.startswith(LAB):
            path = lab_lists.get(name.removeprefix(LAB))
            allowed = ", ".join(LAB + known for known in lab_lists) or "a file's path: no lab here"
        else:
            path = study.path.parent / name
            allowed = f"a list file's path, relative to {study.path.parent}"
        if path is None or not path.is_file():
            line = line_with(study.path, name)
            raise ConfigError.at(study.path, line, f"no list file {name!r}", allowed)
        files[name] = path
    return files


def entries_of(path: Path, spec: ListFile) -> Iterator[Entry]:
    """A list's items, cut into the names they hold. Raises ConfigError."""
    for line, text, strata in read_list(path, spec):
        for piece in pieces(text):
            yield line, piece, name_of(piece), strata


def opt_out_names(path: Path) -> frozenset[str]:
    """The names of an opt-out list. Raises ConfigError, also for an item that is no name: whoever
    asked to be left alone must not be asked because of a typing error."""
    names = set()
    for line, text, name, _ in entries_of(path, ListFile(path.name)):
        if isinstance(name, Reason):
            wrong = f"{text[:80]!r} on the opt-out list is no name ({name})"
            raise ConfigError.at(path, line, wrong, "one domain a line, comments after #")
        names.add(name)
    return frozenset(names)


def opted_out(name: str, opt_out: frozenset[str]) -> bool:
    """Is a name on the opt-out list, or below one that is?"""
    while opt_out and name:
        if name in opt_out:
            return True
        name = name.partition(".")[2]
    return False


@dataclass(slots=True)
class Rejects:
    """Rejected items, a list a column of `schema.REJECTS`."""

    cohorts: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def add(self, cohort: str, file: str, line: int, text: str, reason: Reason) -> None:
        """Keep one."""
        self.cohorts.append(cohort)
        self.files.append(file)
        self.lines.append(line)
        self.texts.append(text[:LONGEST_TEXT])
        self.reasons.append(reason.value)

    def frame(self) -> pl.DataFrame:
        """All of them, in the order of cohorts, files and lines."""
        arrays = {
            "cohort": pa.array(self.cohorts, pa.string()),
            "file": pa.array(self.files, pa.string()),
            "line": pa.array(self.lines, pa.uint64()),
            "text": pa.array(self.texts, pa.string()),
            "reason": pa.array(self.reasons, pa.string()),
        }
        return framed(arrays, REJECTS)


@dataclass(slots=True)
class Gathering:
    """The names of one cohort, as its lists are read."""

    cohort: Cohort
    opt_out: frozenset[str]
    private: bool
    rejects: Rejects
    names: dict[str, Strata] = field(default_factory=dict)
    listed: int = 0
    rejected: int = 0
    opted: int = 0
    reduced: int = 0

    def take(self, file: str, entries: Iterable[Entry]) -> None:
        """Judge a list's entries; file: its path in the study."""
        for line, text, listed, strata in entries:
            self.listed += 1
            name = listed if isinstance(listed, Reason) else self.judged(listed)
            if isinstance(name, Reason):
                self.rejected += 1
                self.opted += name is Reason.OPTED_OUT
                self.rejects.add(self.cohort.name, file, line, text, name)
                continue
            self.reduced += name != listed
            if strata:
                self.names[name] = self.names.get(name, {}) | dict.fromkeys(strata.items())
            else:
                self.names.setdefault(name, NO_STRATA)

    def judged(self, listed: str) -> str | Reason:
        """The name that a listed one counts as, or why it does not count."""
        if refused := self.refused(listed):
            return refused
        owned = registrable(listed, self.private)
        if owned is None:
            return Reason.PUBLIC_SUFFIX
        name = listed if self.cohort.subdomains else owned
        return (name != listed and self.refused(name)) or name

    def refused(self, name: str) -> Reason | None:
        """Does the opt-out list or the cohort's suffix exclude a name?"""
        if opted_out(name, self.opt_out):
            return Reason.OPTED_OUT
        suffix = self.cohort.suffix
        inside = not suffix or name.endswith("." + suffix) or name == suffix
        return None if inside else Reason.OUTSIDE_SUFFIX

    def drawn(self, seed: int) -> dict[str, Strata]:
        """All names, or a random sample of as many as the cohort says.

        Each name is ranked by a keyed hash of itself, and the first ranks are drawn: the same
        names whatever the lists' order or the Python version, and mostly the same when the lists
        of next year have others beside them.
        """
        size = self.cohort.sample
        if size is None or size >= len(self.names):
            return self.names
        key = hashlib.sha256(f"{seed} {self.cohort.name}".encode()).digest()
        ranks = (
            (hashlib.blake2b(name.encode(), key=key, digest_size=16).digest(), name)
            for name in self.names
        )
        return {name: self.names[name] for _, name in heapq.nsmallest(size, ranks)}

    def counts(self, domains: int) -> Counts:
        """What became of the listed names. domains: how many were drawn."""
        distinct = len(self.names)
        return Counts(
            listed=self.listed,
            rejected=self.rejected,
            opted_out=self.opted,
            reduced=self.reduced,
            duplicates=self.listed - self.rejected - distinct,
            distinct=distinct,
            not_drawn=distinct - domains,
            domains=domains,
            known_size=self.cohort.known_size,
        )


def domain_frame(members: Mapping[str, Mapping[str, Strata]]) -> pl.DataFrame:
    """`schema.DOMAINS`: each domain once, by name, with all its cohorts and strata."""
    listed = [
        pl.DataFrame({"domain": pa.array(names, pa.large_string())}).with_columns(
            cohort=pl.lit(cohort)
        )
        for cohort, names in members.items()
    ]
    told = [
        (name, column, value)
        for names in members.values()
        for name, strata in names.items()
        for column, value in strata
    ]
    strata = (
        pl.DataFrame(
            told, schema=dict.fromkeys(("domain", "column", "value"), pl.String), orient="row"
        )
        .unique(maintain_order=True)
        .group_by("domain", maintain_order=True)
        .agg(strata=pl.struct("column", "value"))
    )
    nothing = pl.lit([], polars_schema(DOMAINS)["strata"])
    return (
        pl.concat(listed)
        .group_by("domain", maintain_order=True)
        .agg(cohorts="cohort")
        .sort("domain")
        .join(strata, on="domain", how="left", maintain_order="left")
        .select("domain", "cohorts", strata=pl.coalesce("strata", nothing))
    )


def framed(arrays: Mapping[str, pa.Array], columns: Iterable[Column]) -> pl.DataFrame:
    """A frame of arrow arrays with exactly the stored types."""
    frame = pl.from_arrow(pa.table(dict(arrays)))
    assert isinstance(frame, pl.DataFrame)
    return frame.select(pl.col(column.name).cast(column.dtype) for column in columns)
