"""The tables on the disk: what was made is what is read, with its meaning in the schema."""

from types import SimpleNamespace

import polars as pl
import pyarrow.parquet as pq

from pipeline.config import Cohort
from pipeline.protocols.protocol import Measure
from pipeline.store import Store
from pipeline.tables import publish, published
from pipeline.words import Denominator

PROTOCOL = SimpleNamespace(
    MEASURES=(Measure("spf", "publishes SPF", "SPF あり", pl.col("spf")),), RULE_SETS=()
)
COHORT = Cohort(name="jp", lists=(), denominator=Denominator.LISTED)


def test_what_is_published_is_read_again(tmp_path):
    states = pl.DataFrame(
        {"domain": ["a.jp", "b.jp"], "exists": [True, None], "mx": ["present"] * 2}
    ).with_columns(spf=pl.Series([True, None]))
    states.write_parquet(tmp_path / "states.parquet")
    states.select("domain", cohorts=pl.lit(["jp"], pl.List(pl.String))).write_parquet(
        tmp_path / "domains.parquet"
    )
    pl.DataFrame(schema={"domain": pl.String, "code": pl.String}).write_parquet(
        tmp_path / "findings.parquet"
    )
    store = Store(tmp_path)
    made = publish(store, [COHORT], [PROTOCOL], ["jp_2020_10"])
    again = published(store, [COHORT], [PROTOCOL], ["jp_2020_10"])
    assert made.adoption.row(0, named=True)["share"] == 0.5
    assert again.adoption.equals(made.adoption)
    assert again.mistakes.equals(made.mistakes)
    assert again.sizes == {"jp": 2}
    assert again.references == made.references
    assert sorted(path.name for path in (tmp_path / "tables").iterdir()) == [
        f"{name}.{form}"
        for name in ("adoption", "disagreement", "mistakes", "parked", "providers")
        for form in ("csv", "md", "parquet")
    ]
    share = pq.read_schema(tmp_path / "tables/adoption.parquet").field("share")
    assert share.metadata[b"en"] == b"yes / of; null: nothing observed"
