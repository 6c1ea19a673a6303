"""Does a name exist? Asked by the `exists` denominator, and by DMARC's `np`."""

import polars as pl

from ..message import ANSWER
from ..words import Outcome, QType


def existence(facts: pl.LazyFrame, names: pl.LazyFrame) -> pl.LazyFrame:
    """domain, exists: is the name there? Null where no question about it brought an answer.

    facts: `schema.FACTS`; names: `domain`. NXDOMAIN speaks of every type at once (RFC 8020 §2), so
    one answer is enough. Behind an alias it speaks of the chain's end (RFC 6604 §3): the alias
    itself is there. A rebuilt NXDOMAIN does not show the alias before it, so it counts only where
    the CNAME was asked for. Answers with CD=1 were not validated: they say nothing here.
    """
    rr = pl.element().struct
    has_name = pl.col("outcome").is_in([Outcome.ANSWERED.value, Outcome.NO_DATA.value])
    is_alias = (
        pl.when(~has_name)  # the others are there anyway: to look at their records takes long
        .then("rrs")
        .list.eval(
            (rr.field("section") == ANSWER) & (rr.field("type") == int(QType.CNAME)),
        )
        .list.any()
    )
    tells = ~pl.col("rebuilt") | (pl.col("qtype") == int(QType.CNAME))
    return (
        facts.filter(~pl.col("cd"))
        .join(names, left_on="name", right_on="domain", how="semi")
        .group_by(domain=pl.col("name"))
        .agg(
            there=(has_name | is_alias.fill_null(False)).any(),
            gone=((pl.col("outcome") == Outcome.NO_NAME.value) & tells).any(),
        )
        .select("domain", exists=pl.when("there").then(True).when("gone").then(False))
    )
