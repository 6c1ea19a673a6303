"""The notebooks run from top to bottom on a run, and show tables and charts without a network."""

import json
import re

import nbformat
import pytest

from pipeline.report.appendix import RUN, chosen, open_run
from pipeline.report.notebooks import FOLDER, execute_all, executed
from pipeline.store import Store, StoreError

NAMES = ["01-adoption.ipynb", "02-spf-mistakes.ipynb", "03-other-records.ipynb"]


@pytest.fixture(scope="session")
def copies(run):
    return list(execute_all(run.root))


def shown(path, kind: str) -> list[str]:
    """All outputs of a kind in a notebook."""
    notebook = nbformat.read(path, as_version=4)
    return [
        output["data"][kind]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if kind in output.get("data", {})
    ]


def test_the_copies_lie_with_the_run(copies, run):
    assert copies == [run.root / "notebooks" / name for name in NAMES]


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_each_shows_tables_and_charts(copies, number):
    assert shown(copies[number], "text/html")
    assert all(drawn.startswith("<svg") for drawn in shown(copies[number], "image/svg+xml"))
    assert shown(copies[number], "image/svg+xml")


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_nothing_is_fetched_and_no_domain_is_named(copies, number):
    text = copies[number].read_text()
    for drawn in shown(copies[number], "image/svg+xml") + shown(copies[number], "text/html"):
        assert not re.search(r"(?:href|src)=|@import|<script|url\(", drawn)
    assert "leak" not in text


def test_the_table_is_the_runs_own(copies):
    (table, *_) = shown(copies[0], "text/html")
    assert "100 of 582 known" in table
    assert "93.0 %" in table  # published for go.jp


@pytest.mark.parametrize("name", NAMES)
def test_they_are_kept_without_outputs(name):
    notebook = json.loads((FOLDER / name).read_text())
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert code
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert all(len(cell["source"]) <= 8 for cell in code)  # lines: the logic lives in pipeline/


def test_a_cell_that_fails_is_one_line(tmp_path, run):
    broken = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    path = tmp_path / "broken.ipynb"
    nbformat.write(broken, path)
    with pytest.raises(StoreError, match=r"broken\.ipynb: ZeroDivisionError: division by zero$"):
        executed(path, run.root)


def test_the_newest_run_with_tables_is_the_default(run, tmp_path, monkeypatch):
    assert chosen(None, run.root.parent).root == run.root
    with pytest.raises(StoreError, match="no run with tables; mailsurvey crawl makes one"):
        chosen(None, tmp_path)
    with pytest.raises(StoreError, match="no run with tables"):
        chosen(Store(tmp_path).root)
    monkeypatch.setenv(RUN, str(run.root))
    assert open_run().published.sizes == {"go.jp": 100, "jp": 300}
