"""Runs the notebooks on a run and keeps the executed copies with it."""

import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from ..store import StoreError
from .appendix import RUN, RUNS, chosen

FOLDER = Path(__file__).parents[2] / "notebooks"
CELL_S = 300  # seconds that one cell may take


def execute_all(run: Path | None = None, folder: Path = RUNS) -> Iterator[Path]:
    """Execute every notebook on a run, the newest of the folder if None; yields the copies' paths.

    Read: notebooks/*.ipynb, RUN. Written: RUN/notebooks/*.ipynb. Raises StoreError: no run with
    tables, or a cell that failed (in one line: notebook, error).
    """
    store = chosen(run, folder)
    for path in sorted(FOLDER.glob("*.ipynb")):
        name = f"notebooks/{path.name}"
        store.write_text(name, executed(path, store.root))
        yield store.root / name


def executed(path: Path, run: Path) -> str:
    """One notebook's text after its cells ran from top to bottom in a fresh kernel."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(notebook, timeout=CELL_S, kernel_name="python3")
    try:
        client.execute(cwd=str(path.parent), env={**os.environ, RUN: str(run.resolve())})
    except CellExecutionError as error:
        raise StoreError(f"{path}: {error.ename}: {error.evalue}") from None
    return str(nbformat.writes(notebook))  # type: ignore[no-untyped-call]
