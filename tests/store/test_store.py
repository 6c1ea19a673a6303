"""What is written is whole or not there, and carries its meaning."""

import polars as pl
import pyarrow.parquet as pq
import pytest

from pipeline.schema import FINDINGS, Column, polars_schema
from pipeline.store import Busy, Store, StoreError

ONE = (Column("count", pl.UInt32, "domains", "how many", "数"),)


def test_a_frame_comes_back_with_its_types(tmp_path):
    store = Store(tmp_path)
    store.write("tables/one", pl.DataFrame({"count": [1, 2]}), ONE)
    assert (
        store.read("tables/one")
        .collect()
        .equals(pl.DataFrame({"count": [1, 2]}, schema={"count": pl.UInt32}))
    )


def test_each_column_says_what_it_means(tmp_path):
    Store(tmp_path).write("one", pl.DataFrame({"count": [1]}), ONE)
    field = pq.read_schema(tmp_path / "one.parquet").field("count")
    assert field.metadata == {b"unit": b"domains", b"en": b"how many", b"ja": "数".encode()}


def test_nothing_of_a_dataset_is_an_empty_frame(tmp_path):
    found = Store(tmp_path).scan("findings", FINDINGS).collect()
    assert found.schema == polars_schema(FINDINGS)
    assert found.is_empty()


def test_what_is_written_meanwhile_hides_no_shard(tmp_path):
    store = Store(tmp_path)
    for number in range(4):
        store.write(f"some/w-{number}", pl.DataFrame({"count": [number]}), ONE)
    seen = []
    for number, frame in enumerate(store.scans("some", ONE, 1)):
        store.write(f"some/early-{number}", pl.DataFrame({"count": [9]}), ONE)
        seen += frame.collect()["count"].to_list()
    assert seen == [0, 1, 2, 3]


def test_shards_become_one_file_in_their_order(tmp_path):
    store = Store(tmp_path)
    for number in (1, 0):
        store.write(f"parts/{number}", pl.DataFrame({"count": [number]}), ONE, is_brief=True)
    store.merge("parts", "whole", ONE)
    assert store.read("whole").collect()["count"].to_list() == [0, 1]
    store.remove("parts")
    assert not (tmp_path / "parts").exists()


def test_what_a_kill_left_half_made_is_swept_and_never_read(tmp_path):
    store = Store(tmp_path)
    store.write("facts/a", pl.DataFrame({"count": [1]}), ONE)
    (tmp_path / "facts" / "b.parquet.part").write_bytes(b"PAR1 half")
    assert store.scan("facts", ONE).collect().height == 1
    with store.writing():
        assert [path.name for path in (tmp_path / "facts").iterdir()] == ["a.parquet"]


def test_two_processes_cannot_write_to_one_run(tmp_path):
    with Store(tmp_path).writing(), pytest.raises(Busy, match="another process"):
        Store(tmp_path).writing().__enter__()


def test_an_unusable_folder_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="choose another folder") as caught:
        Store(tmp_path / "file" / "run").writing().__enter__()
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_one_clear_line_and_loses_nothing(tmp_path, monkeypatch):
    def full(_table, path, **_kwargs):
        path.write_bytes(b"PAR1 half")
        raise OSError(28, "No space left on device")

    Store(tmp_path).write("facts/a", pl.DataFrame({"count": [1]}), ONE)
    monkeypatch.setattr("pipeline.store.pq.write_table", full)
    with pytest.raises(StoreError, match=r"No space left on device; free the disk") as caught:
        Store(tmp_path).write("facts/a", pl.DataFrame({"count": [2]}), ONE)
    assert "\n" not in str(caught.value)
    assert [path.name for path in (tmp_path / "facts").iterdir()] == ["a.parquet"]
    assert Store(tmp_path).read("facts/a").collect()["count"].to_list() == [1]
