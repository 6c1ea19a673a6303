"""Parquet and text in and out of one run's folder. Nothing else in the project knows its paths.

What is written appears whole or not at all: temporary name, fsync, rename, fsync of the folder.
"""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from .schema import Column, arrow_schema, polars_schema

FULL = (errno.ENOSPC, errno.EDQUOT)
PACKING: dict[str, Any] = {"compression": "zstd", "compression_level": 3}
BRIEF: dict[str, Any] = {"compression": "lz4"}
PART = ".part"  # what a kill leaves behind; swept when the run is opened for writing


class StoreError(Exception):
    """A folder or disk that cannot be used: one line that says what, where and what to do."""


class Busy(StoreError):
    """Another process is writing to the run."""


class Store:
    """One run's folder: datasets are folders of Parquet shards, frames are single files."""

    def __init__(self, root: str | Path):
        self.root = Path(root)

    def __repr__(self) -> str:
        return f"Store({str(self.root)!r})"

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the run for this process alone, and sweep what an interrupted one left half made."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = (self.root / "lock").open("w")
        except OSError as error:
            raise StoreError(f"{self.root}: {error.strerror}; choose another folder") from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Busy(
                    f"{self.root}: another process is at work there; wait for it or end it"
                ) from None
            for leftover in self.root.rglob("*" + PART):
                leftover.unlink()
            yield

    def write(
        self,
        name: str,
        table: pa.Table | pl.DataFrame,
        columns: Iterable[Column],
        *,
        is_brief: bool = False,
    ) -> None:
        """One Parquet file, its columns in the given order, their meaning in its schema.

        is_brief: soon read and removed, so packed quickly (LZ4) rather than well (zstd).
        """
        if isinstance(table, pl.DataFrame):
            table = table.to_arrow(compat_level=pl.CompatLevel.oldest())
        schema = arrow_schema(columns)
        table = table.select(schema.names)
        if not table.schema.equals(schema, check_metadata=True):
            table = table.cast(schema)  # a process' first cast loads all of Arrow's functions
        with self._replacing(name + ".parquet") as path:
            packing = BRIEF if is_brief else PACKING
            pq.write_table(table, path, use_dictionary=repetitive(schema), **packing)

    def write_text(self, name: str, text: str) -> None:
        """One UTF-8 text file."""
        with self._replacing(name) as path:
            path.write_text(text, encoding="utf-8")

    @contextmanager
    def _replacing(self, name: str) -> Iterator[Path]:
        """A temporary path that takes its real name once it is whole and on the disk."""
        path = self.root / name
        part = path.with_name(path.name + PART)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield part
            with part.open("rb+") as written:
                os.fsync(written.fileno())
            part.rename(path)
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            with suppress(OSError):  # a disk that became read-only keeps it; it is swept later
                part.unlink(missing_ok=True)
            cure = "free the disk" if error.errno in FULL else "make it writable"
            raise StoreError(
                f"{path}: {error.strerror or error}; {cure}, then run the same command again"
            ) from None

    def merge(self, dataset: str, name: str, columns: Iterable[Column]) -> None:
        """All shards of a dataset as one file, in their names' order; one shard at a time."""
        schema = arrow_schema(columns)
        with (
            self._replacing(name + ".parquet") as path,
            pq.ParquetWriter(path, schema, use_dictionary=repetitive(schema), **PACKING) as file,
        ):
            for shard in self._shards(dataset):
                file.write_table(pq.read_table(shard, schema=schema))

    def remove(self, folder: str) -> None:
        """A folder of intermediate results, if there is one, with all that it holds."""
        path = self.root / folder
        try:
            if path.exists():
                shutil.rmtree(path)
        except OSError as error:  # what stays would be taken for new
            raise StoreError(f"{path}: {error.strerror}; remove it") from None

    def scan(
        self, dataset: str, columns: Iterable[Column], shards: slice = slice(None)
    ) -> pl.LazyFrame:
        """The shards of a dataset (these of them), lazily; an empty frame where there is none."""
        columns = tuple(columns)
        paths = self._shards(dataset)[shards]
        return scanned(paths, columns) if paths else pl.LazyFrame(schema=polars_schema(columns))

    def count(self, dataset: str) -> int:
        """How many shards a dataset has."""
        return len(self._shards(dataset))

    def scans(
        self,
        dataset: str,
        columns: Iterable[Column],
        at_once: int,
        parts: Iterable[str] | None = None,
    ) -> Iterator[pl.LazyFrame]:
        """The same, so many shards at a time: for what must not hold a whole dataset.

        parts: only shards of these names, to which a hyphen and a number were added. The shards are
        those of now: what is written meanwhile would shift the others.
        """
        columns, shards = tuple(columns), self._shards(dataset)
        if parts is not None:
            wanted = set(parts)
            shards = [path for path in shards if part_of(dataset, path.stem) in wanted]
        for first in range(0, len(shards), at_once):
            yield scanned(shards[first : first + at_once], columns)

    def _shards(self, dataset: str) -> list[Path]:
        return sorted((self.root / dataset).glob("*.parquet"))

    def read(self, name: str) -> pl.LazyFrame:
        """One Parquet file, lazily."""
        return pl.scan_parquet(self.root / (name + ".parquet"))

    def read_text(self, name: str) -> str:
        """One text file."""
        return (self.root / name).read_text(encoding="utf-8")

    def has(self, name: str) -> bool:
        """Is there a file of this name (with its ending)?"""
        return (self.root / name).exists()

    def holds(self, prefix: str) -> bool:
        """Is there a shard whose name begins so?"""
        path = self.root / prefix
        return any(path.parent.glob(path.name + "*.parquet"))

    def folder(self, name: str) -> Path:
        """A folder of the run, made if need be, for files that others write."""
        path = self.root / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def size(self, dataset: str) -> int:
        """Bytes of all shards of a dataset."""
        return sum(shard.stat().st_size for shard in self._shards(dataset))


class Memory(Store):
    """A store that is thrown away: no file is written, none is read. It holds datasets only."""

    def __init__(self) -> None:
        super().__init__("")
        self.shards: dict[str, pl.DataFrame] = {}

    def write(
        self, name: str, table: pa.Table | pl.DataFrame, columns: Iterable[Column], **_: Any
    ) -> None:
        """Keep one shard."""
        dtypes = polars_schema(columns).items()
        self.shards[name] = pl.DataFrame(table).select(
            pl.col(column).cast(dtype) for column, dtype in dtypes
        )

    def scan(
        self, dataset: str, columns: Iterable[Column], shards: slice = slice(None)
    ) -> pl.LazyFrame:
        """The shards of a dataset (these of them); an empty frame where there is none."""
        empty = pl.DataFrame(schema=polars_schema(columns))
        found = [self.shards[name] for name in self._named(dataset + "/")]
        return pl.concat([empty, *found[shards]]).lazy()

    def scans(self, dataset: str, columns: Iterable[Column], *_: Any) -> Iterator[pl.LazyFrame]:
        """All shards at once, whichever are asked for: there are few."""
        yield self.scan(dataset, columns)

    def has(self, name: str) -> bool:
        """No file is kept."""
        return False

    def holds(self, prefix: str) -> bool:
        """Is there a shard whose name begins so?"""
        return bool(self._named(prefix))

    def _named(self, prefix: str) -> list[str]:
        return sorted(name for name in self.shards if name.startswith(prefix))


def repetitive(schema: pa.Schema) -> list[str]:
    """The leaves of a schema whose values repeat, so that a dictionary of them saves time and room.

    Binary, floating point and moments hardly do: their dictionary would be a second copy.
    """
    return [
        path
        for field in schema
        for path, dtype in leaves(field.name, field.type)
        if not (pa.types.is_large_binary(dtype) or dtype in (pa.float32(), pa.float64()))
        and not pa.types.is_timestamp(dtype)
    ]


def leaves(path: str, dtype: pa.DataType) -> Iterator[tuple[str, pa.DataType]]:
    """A column's leaves as Parquet names them."""
    if pa.types.is_struct(dtype):
        for field in dtype:
            yield from leaves(f"{path}.{field.name}", field.type)
    elif pa.types.is_large_list(dtype):
        yield from leaves(path + ".list.element", dtype.value_type)
    else:
        yield path, dtype


def part_of(dataset: str, stem: str) -> str:
    """The name that a shard was written for, less its number."""
    return f"{dataset}/{stem.rpartition('-')[0]}"


def scanned(shards: list[Path], columns: tuple[Column, ...]) -> pl.LazyFrame:
    """Shards of one dataset, lazily, in the stored columns and types."""
    return pl.scan_parquet(shards).select(
        pl.col(column.name).cast(column.dtype) for column in columns
    )


def runs(folder: Path) -> list[Store]:
    """The runs in a folder, oldest first (a run's name ends with its date and time)."""
    manifests = folder.glob("*/manifest.json")
    return [
        Store(path.parent) for path in sorted(manifests, key=lambda path: path.stat().st_mtime_ns)
    ]
