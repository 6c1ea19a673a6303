"""From what the web brought to the logo and the mark certificate of every domain."""

from urllib.parse import urlsplit

import polars as pl
import pyarrow as pa

from ...words import FetchOutcome, State
from ..fetched import OK, SAYS_NOTHING, is_served, with_brought
from ..protocol import Context, Finding, filled
from ..records import Record, faults_found, found
from . import logo_findings, mark_findings
from .columns import HIDDEN, INVALID, VALID
from .logo import LARGEST, parse_logo

LOGO_FIELDS = {"is_valid": pa.bool_(), "digests": pa.large_list(pa.large_string())}
MARK_FIELDS = {
    "is_valid": pa.bool_(),
    "kind": pa.large_string(),
    "names": pa.large_list(pa.large_string()),
    "not_before": pa.timestamp("us", "UTC"),
    "not_after": pa.timestamp("us", "UTC"),
    "digests": pa.large_list(pa.large_string()),
}
NO_TLS = [FetchOutcome.CERTIFICATE.value, FetchOutcome.TLS_ERROR.value]
HTTPS_PORT = 443
MOST_OF_LOGO = 2 * LARGEST  # octets; one that is a little too large is kept whole
MOST_OF_MARK = 256 * 1024  # octets
GONE = (404, 410)
PRESENT, ABSENT = State.PRESENT.value, State.ABSENT.value
UNKNOWN, NOT_OBSERVED = State.UNKNOWN.value, State.NOT_OBSERVED.value


def as_fetched(url: str) -> str:
    """A URL as it is asked for: host in lower case, no port where it is 443, no fragment."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url  # nobody can ask for it
    host = f"[{host}]" if ":" in host else host
    at = f"{host}:{port}" if port not in (None, HTTPS_PORT) else host
    return f"https://{at}{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"


def asked_for(states: pl.LazyFrame, column: str) -> pl.LazyFrame:
    """The domains with a usable record that names a URL in this column: domain, name (the URL)."""
    url = pl.col(column).map_elements(as_fetched, return_dtype=pl.String)
    return states.filter(pl.col("bimi") == PRESENT, pl.col(column).is_not_null()).with_columns(
        name=url
    )


def judge_served(states: pl.LazyFrame, context: Context) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Findings of the domains' own records, and their logos' and certificates' states.

    states: domain, dmarc_org_domain and the record's columns. Returns findings (`schema.FINDINGS`
    less `protocol`) and domain, bimi_logo, bimi_mark, bimi_mark_kind.
    """
    logos = (
        with_brought(asked_for(states, "bimi_location"), context, parse_logo, LOGO_FIELDS)
        .with_columns(bimi_logo=served_state(context, pl.col("is_valid")))
        .collect()  # read several times below
        .lazy()
    )
    of_logos = logos.select("domain", "bimi_logo", logo_digests="digests")
    marks = (
        with_brought(asked_for(states, "bimi_authority"), context, read_mark, MARK_FIELDS)
        .join(of_logos.select("domain", "logo_digests"), on="domain", how="left")
        .with_columns(covers=covers(), is_in_time=is_in_time(), is_of_logo=is_of_logo())
        .with_columns(bimi_mark=served_state(context, fits()))
        .collect()
        .lazy()
    )
    seen = states.select("domain", "bimi").join(
        of_logos.select("domain", "bimi_logo"), on="domain", how="left"
    )
    judged = seen.join(
        marks.select("domain", "bimi_mark", bimi_mark_kind="kind"), on="domain", how="left"
    ).with_columns(without_url("bimi_logo"), without_url("bimi_mark"))
    own = ~pl.col("bimi_inherited")
    findings = pl.concat([logo_found(logos.filter(own)), mark_found(marks.filter(own))])
    return findings, judged.drop("bimi")


def read_mark(body: bytes) -> Record:
    """`mark.parse_mark`."""
    from .mark import parse_mark  # a large library: loaded where there are certificates

    return parse_mark(body)


# --- what a fetch says ---------------------------------------------------------------------------


def is_answered() -> pl.Expr:
    """Did a status come back, whatever was cut off behind it?"""
    came = [FetchOutcome.ANSWERED.value, FetchOutcome.TOO_MUCH.value]
    return pl.col("outcome").is_in(came) & pl.col("status").is_not_null()


def is_too_much() -> pl.Expr:
    """Was it more than is read of any such document?"""
    of_document = pl.col("status").is_null() | (pl.col("status") == OK)
    return (pl.col("outcome") == FetchOutcome.TOO_MUCH.value) & of_document


def says_nothing() -> pl.Expr:
    """Does the fetch tell nothing? Neither does an answer that need not be the receivers'."""
    is_other = is_answered() & ~pl.col("status").is_in([OK, *GONE])
    return pl.col("outcome").is_null() | pl.col("outcome").is_in(SAYS_NOTHING) | is_other


def served_state(context: Context, is_valid: pl.Expr) -> pl.Expr:
    """valid, invalid, unknown, not_observed. is_valid: of what was served; null: not known."""
    if context.fetches is None:
        return pl.lit(NOT_OBSERVED)
    return (
        pl.when(says_nothing())
        .then(pl.lit(UNKNOWN))
        .when(~is_served())
        .then(pl.lit(INVALID))
        .when(is_valid.is_null())
        .then(pl.lit(UNKNOWN))
        .when(is_valid)
        .then(pl.lit(VALID))
        .otherwise(pl.lit(INVALID))
    )


def without_url(column: str) -> pl.Expr:
    """The state where no usable record names a URL."""
    nothing = pl.when(pl.col("bimi").is_in(HIDDEN)).then("bimi").otherwise(pl.lit(ABSENT))
    return pl.col(column).fill_null(nothing)


# --- a certificate, for a domain and a logo ------------------------------------------------------


def covers() -> pl.Expr:
    """Does it name the domain or its organisational domain, with or without the selector?

    Null: not by what is known, and the organisational domain is not known (draft §5.2).
    """
    domains = (pl.col("domain"), pl.col("dmarc_org_domain"))
    named = [
        pl.col("names").list.contains(name)
        for domain in domains
        for name in (domain, filled("default._bimi.{}", domain))
    ]
    is_known = pl.col("dmarc_org_domain").is_not_null()
    return (
        pl.when(pl.any_horizontal(one.fill_null(False) for one in named))
        .then(True)
        .when(is_known)
        .then(False)
    )


def is_in_time() -> pl.Expr:
    """Was it valid when it was fetched? A moment that nobody noted says nothing against it."""
    is_between = pl.col("began_at").is_between("not_before", "not_after")
    return is_between.fill_null(True)


def is_of_logo() -> pl.Expr:
    """Is the logo in it the one that l names? Null: one of the two could not be read."""
    both = pl.col("digests").list.set_intersection("logo_digests").list.len()
    is_readable = (pl.col("digests").list.len() > 0) & (pl.col("logo_digests").list.len() > 0)
    return pl.when(is_readable).then(both > 0)


def fits() -> pl.Expr:
    """Is it valid for this domain, at that moment, for this logo? Null: not known.

    A logo that could not be fetched says nothing against its certificate.
    """
    return pl.col("is_valid") & pl.col("is_in_time") & is_of_logo_or_unread() & pl.col("covers")


def is_of_logo_or_unread() -> pl.Expr:
    """Is there no other logo than the one in it?"""
    return pl.col("is_of_logo").fill_null(True)


# --- findings ------------------------------------------------------------------------------------


def fetch_found(
    fetched: pl.LazyFrame, tls: Finding, not_served: Finding, status: Finding
) -> list[pl.LazyFrame]:
    """What is wrong with how something is served."""
    outcome, answer = pl.col("outcome"), pl.col("status").cast(pl.String)
    is_gone = is_answered() & pl.col("status").is_in(GONE)
    is_no_host = outcome.is_in([FetchOutcome.NO_HOST.value, FetchOutcome.NOT_HTTP.value])
    other = is_answered() & ~pl.col("status").is_in([OK, *GONE])
    return [
        found(fetched.filter(outcome.is_in(NO_TLS)), tls, outcome),
        found(fetched.filter(is_no_host), not_served, outcome),
        found(fetched.filter(is_gone), not_served, answer),
        found(fetched.filter(other), status, answer),
        faults_found(fetched.filter(pl.col("faults").is_not_null())),
    ]


def logo_found(logos: pl.LazyFrame) -> pl.LazyFrame:
    """What is wrong with the logos."""
    return pl.concat(
        [
            *fetch_found(logos, *logo_findings.FETCH_FINDINGS),
            found(logos.filter(is_too_much()), logo_findings.TOO_LARGE),
        ]
    )


def mark_found(marks: pl.LazyFrame) -> pl.LazyFrame:
    """What is wrong with the certificates, by themselves and for their domain and its logo."""
    names = pl.col("names").list.head(10).list.join(" ")
    is_readable = pl.col("not_after").is_not_null()
    until = pl.col("not_after").dt.strftime("not valid after %Y-%m-%d")
    since = pl.col("not_before").dt.strftime("not valid before %Y-%m-%d")
    when = pl.when(pl.col("began_at") < pl.col("not_before")).then(since).otherwise(until)
    return pl.concat(
        [
            *fetch_found(marks, *mark_findings.FETCH_FINDINGS),
            found(marks.filter(is_too_much()), mark_findings.UNREADABLE),
            found(marks.filter(is_readable, ~pl.col("covers")), mark_findings.OTHER_DOMAIN, names),
            found(marks.filter(is_readable, ~pl.col("is_in_time")), mark_findings.EXPIRED, when),
            found(marks.filter(is_readable, ~pl.col("is_of_logo")), mark_findings.OTHER_LOGO),
        ]
    )
