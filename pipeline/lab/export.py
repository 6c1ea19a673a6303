"""The planned internet as files, for other servers and other eyes: lists, zone, truth."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from ..config import ConfigError, Study
from .masterfile import Written, write_zone
from .plan import plan, write_lists
from .planned import Plan
from .records import every_node, zone
from .truth import asked_by, frame


def write(study: Study, folder: Path) -> Iterator[str]:
    """Write a study's lab. Yields each path once it is written. Raises ConfigError.

    The lists; zone.json.gz, which `mailsurvey lab serve --zone` and `check --zone` read; root.zone,
    which authoritative servers load, see `masterfile`, and behind its path a line that says what it
    leaves out; and truth.parquet, what a crawl of the study has to find, see `truth.frame`.
    """
    if study.lab is None:
        raise ConfigError.at(study.path, 1, "no [lab] to export", "a study with a [lab] table")
    planned = plan(study.lab)
    yield from map(str, write_lists(planned, folder).values())
    path = folder / "zone.json.gz"
    # no time, no file name: the same plan is the same file
    with path.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        packed.write(json.dumps(zone(planned), ensure_ascii=False).encode())
    yield str(path)
    written = write_root(planned, folder)
    yield str(written.path)
    yield f"  {written.summary}"
    path = folder / "truth.parquet"
    frame(planned, asked_by(study)).write_parquet(path)
    yield str(path)


def write_served(planned: Plan, folder: Path) -> tuple[dict[str, Path], Written]:
    """Write only what a crawl needs that asks another server: the lists, by name, and root.zone."""
    return write_lists(planned, folder), write_root(planned, folder)


def write_root(planned: Plan, folder: Path) -> Written:
    """Write root.zone into a folder that is there. The same plan is the same file."""
    return write_zone(every_node(planned), folder / "root.zone")
