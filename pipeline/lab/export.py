"""The planned internet as files, for other servers and other eyes: lists, zone, truth."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from ..config import ConfigError, Study
from .plan import plan, write_lists
from .records import zone
from .truth import asked_by, frame


def write(study: Study, folder: Path) -> Iterator[Path]:
    """Write a study's lab, and yield each path once it is written. Raises ConfigError.

    The lists; zone.json.gz, which `mailsurvey lab serve --zone` and `check --zone` read; and
    truth.parquet, what a crawl of the study has to find, see `truth.frame`.
    """
    if study.lab is None:
        raise ConfigError.at(study.path, 1, "no [lab] to export", "a study with a [lab] table")
    planned = plan(study.lab)
    yield from write_lists(planned, folder).values()
    path = folder / "zone.json.gz"
    # no time, no file name: the same plan is the same file
    with path.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        packed.write(json.dumps(zone(planned), ensure_ascii=False).encode())
    yield path
    path = folder / "truth.parquet"
    frame(planned, asked_by(study)).write_parquet(path)
    yield path
