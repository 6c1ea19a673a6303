"""Imports point one way, as the map in `pipeline/__init__.py` says."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "pipeline"

LAYERS = (
    {"words"},
    {"schema", "message", "messages"},
    {"tomlread", "config", "store"},
    {"population", "protocols"},
    {"ask", "judge", "lab"},
    {"workers", "manifest"},
    {"tables", "reaching"},
    {"run", "check", "bench"},
    {"report"},
    {"why", "explain", "rejudge", "sample"},
    {"arguments"},
    {"cli"},
)
RANK = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}


def imported(path: Path) -> set[str]:
    """The rooms that a file imports, at its top or inside a function."""
    here = ("pipeline", *path.relative_to(PACKAGE).with_suffix("").parts)
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level] if node.level else ()
            module = (*base, *(node.module or "").split(".")) if node.module else base
            names = [(*module, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        else:
            continue
        found |= {name[1] for name in names if name[0] == "pipeline" and len(name) > 1}
    return found


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_no_arrow_points_back(path):
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        return
    for other in imported(path) & set(RANK) - {room}:
        assert RANK[other] <= RANK[room], f"{path.name} ({room}) imports {other}"


def test_every_room_has_its_place():
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert rooms - {"__init__", "__pycache__"} <= set(RANK)


@pytest.mark.parametrize(
    ("module", "large"),
    [
        ("pipeline.cli", {"polars", "pyarrow", "rich", "dns", "asyncio"}),
        ("pipeline.check", {"altair", "cryptography", "dns.query", "great_tables", "pipeline.run"}),
    ],
)
def test_what_is_seldom_needed_is_not_loaded_at_once(module, large):
    """Help is there at once, and a check of one domain does not wait for what draws charts."""
    loaded = f"import sys, {module}; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    assert not large & set(found.stdout.split())
