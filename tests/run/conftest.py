"""One small lab, crawled once for all tests of a run, and how to crawl another."""

import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from pipeline.store import Store

STUDY = """
[study]
name = "small"
title = "a small lab"
seed = 7
engine = "{engine}"

[resolver]
addresses = ["lab"]
trusted = true
signed = "signed.lab"
forged = "forged.lab"
unsigned = "unsigned.lab"

[asking]
timeout_s = 0.3
pause_s = 0.0
shard_rows = 400
flush_s = 60.0
audit = 0.02
workers = {workers}

[smtp]
connect_s = 0.5
reply_s = 0.5
visit_s = 2.0
interval_s = 0.0
pause_s = 0.0

[https]
timeout_s = 1.0
pause_s = 0.0

[questions]
public = ["127.18.0.0/15"]
local_parts = {local_parts}

[lab]
seed = 7
jp = 2500
go_jp = 330
{extra}

[[cohort]]
name = "go.jp"
lists = ["lab:go-jp.txt"]
suffix = "go.jp"
subdomains = false
denominator = "with_mx"

[[cohort]]
name = ".jp"
lists = ["lab:jp.txt"]
suffix = "jp"
subdomains = true
denominator = "with_mx"
"""


def study_file(folder: Path, engine: str = "wire", extra: str = "", workers: int = 1) -> Path:
    path = folder / "study.toml"
    # c-ares can ask for no SMIMEA and no OPENPGPKEY
    local_parts = '["info", "Postmaster"]' if engine == "wire" else "[]"
    text = STUDY.format(engine=engine, extra=extra, workers=workers, local_parts=local_parts)
    path.write_text(text, encoding="utf-8")
    return path


def killed_at_shard(number: int, dataset: str = "facts/") -> str:
    """A program's beginning: SIGKILL when the nth shard is written, before it or after."""
    return f"""
import os
from pipeline.store import Store
write, count = Store.write, 0
def killing(self, name, table, columns, **options):
    global count
    count += name.startswith({dataset!r})
    if count == {number} and count % 2: os.kill(os.getpid(), {int(signal.SIGKILL)})
    write(self, name, table, columns, **options)
    if count == {number}: os.kill(os.getpid(), {int(signal.SIGKILL)})
Store.write = killing
"""


def killed_when_done(number: int) -> str:
    """The same: SIGKILL when the workers have said that so many questions are done."""
    return f"""
import os
from pipeline.report import progress
def killing(title, total):
    done = 0
    def more(new, failed):
        nonlocal done
        done += new
        if done >= {number}: os.kill(os.getpid(), {int(signal.SIGKILL)})
    return more
progress.plain = killing
"""


def workers_killed_when_done(number: int) -> str:
    """The same, of the worker processes; this one lives on."""
    return killed_when_done(number).replace(
        f"os.kill(os.getpid(), {int(signal.SIGKILL)})",
        "[one.kill() for one in __import__('multiprocessing').active_children()]",
    )


def crawl(study: Path, log: Path, beginning: str = "") -> subprocess.CompletedProcess:
    """The command, in a process of its own. beginning: what its program does first."""
    command = [
        "crawl", str(study), "--runs", str(study.parent), "--run", "run", "--lab-log", str(log),
    ]  # fmt: skip
    program = f"""{beginning}
if __name__ == "__main__":
    from pipeline.cli import app
    app({command!r})
"""
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False
    )


def published(folder: Path, table: str) -> pl.DataFrame:
    return Store(folder / "run").read(f"tables/{table}").collect()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    done = crawl(study_file(folder), folder / "log")
    assert done.returncode == 0, done.stderr
    return folder
