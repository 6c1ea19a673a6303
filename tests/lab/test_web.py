"""The "https" of zone files: what URLs bring, and what is said of files that cannot be read."""

import contextlib
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lab.web import fetches_of, load_fetches
from pipeline.lab.zone import Zone, ZoneError
from pipeline.schema import FETCHES, polars_schema

URL = "https://mta-sts.example.jp/.well-known/mta-sts.txt"
ZONE = {"zone": {"example.jp": {"MX": [[0, "."]]}}}
KEYS = "status, content_type, body, body_base64"
FORMS = (
    '{"status", "content_type", "body" or "body_base64"}, TIMEOUT, TLS_ERROR, REFUSED, NO_HOST, '
    "CERTIFICATE, NOT_HTTP, TOO_MUCH, DROPPED"
)
SAID = ("url", "outcome", "status", "content_type", "body")


def write(folder: Path, text: str | bytes, name: str = "zone.json") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def rows(folder: Path, web: Any) -> list[tuple[Any, ...]]:
    path = write(folder, json.dumps(ZONE | {"https": web}))
    return load_fetches(path).select(SAID).collect().rows()


@pytest.mark.parametrize(
    ("brings", "row"),
    [
        (
            {"status": 200, "content_type": "text/plain", "body": "mode: none\r\n"},
            ("answered", 200, "text/plain", b"mode: none\r\n"),
        ),
        ({"status": 200, "body": "名"}, ("answered", 200, None, "名".encode())),
        ({"status": 200, "body_base64": "AP8K"}, ("answered", 200, None, b"\x00\xff\n")),
        ({"status": 200, "body": ""}, ("answered", 200, None, b"")),
        ({"status": 404}, ("answered", 404, None, None)),
        ({"status": 301, "content_type": None, "body": None}, ("answered", 301, None, None)),
        ("TIMEOUT", ("timeout", None, None, None)),
        ("TLS_ERROR", ("tls_error", None, None, None)),
        ("REFUSED", ("refused", None, None, None)),
        ("NO_HOST", ("no_host", None, None, None)),
        ("CERTIFICATE", ("certificate", None, None, None)),
        ("NOT_HTTP", ("not_http", None, None, None)),
        ("TOO_MUCH", ("too_much", None, None, None)),
        ("DROPPED", ("dropped", None, None, None)),
    ],
)
def test_what_a_url_brings(tmp_path: Path, brings: Any, row: tuple[Any, ...]) -> None:
    assert rows(tmp_path, {URL: brings}) == [(URL, *row)]


@pytest.mark.parametrize(
    "spelling",
    [
        "HTTPS://MTA-STS.Example.JP/.well-known/mta-sts.txt",
        "https://mta-sts.example.jp:443/.well-known/mta-sts.txt",
        "https://mta-sts.example.jp./.well-known/mta-sts.txt#policy",
    ],
)
def test_one_url_has_many_spellings(tmp_path: Path, spelling: str) -> None:
    assert [row[0] for row in rows(tmp_path, {spelling: "TIMEOUT"})] == [URL]
    with pytest.raises(ZoneError, match="the URL is there already"):
        rows(tmp_path, {URL: "TIMEOUT", spelling: "REFUSED"})


def test_what_a_file_does_not_say(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps(ZONE | {"https": {URL: "TIMEOUT"}}))
    (row,) = load_fetches(path).drop(SAID).collect().rows(named=True)
    assert row.pop("began_at")  # as if it were fetched now
    assert row.pop("why") == ""
    assert set(row.values()) == {None}


def test_hosts_are_a_labels(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, {"https://mta-sts.日本語.jp/a?b=c": "TIMEOUT"})
    assert row[0] == "https://mta-sts.xn--wgv71a119e.jp/a?b=c"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ZONE),
        json.dumps(ZONE | {"https": {}}),
        '{"name": "example.jp.", "type": "A", "rdata": "192.0.2.1"}\n',
        '\n{"name": "example.jp.", "type": "A", "rdata": "192.0.2.1", "https": 1}\n',
        "",
    ],
)
def test_files_without_a_web(tmp_path: Path, text: str) -> None:
    if text:
        frame = load_fetches(write(tmp_path, text)).collect()
        assert frame.is_empty()
        assert frame.schema == polars_schema(FETCHES)
    else:  # said of the zone, likewise
        with pytest.raises(ZoneError, match="not JSON"):
            load_fetches(write(tmp_path, text))


def test_gzip_is_read_as_the_zone_is(tmp_path: Path) -> None:
    text = json.dumps(ZONE | {"https": {URL: "TIMEOUT"}})
    path = write(tmp_path, gzip.compress(text.encode()), "zone.json.gz")
    assert load_fetches(path).select(SAID).collect().rows() == [(URL, "timeout", None, None, None)]
    assert Zone.load(path).skipped == ()


@pytest.mark.parametrize(
    ("web", "message"),
    [
        ([], "https: []; allowed: an object {url: " + FORMS + "}"),
        ({URL: "SERVFAIL"}, f"https.'{URL}': 'SERVFAIL'; allowed: {FORMS}"),
        ({URL: None}, f"https.'{URL}': None; allowed: {FORMS}"),
        ({URL: {"code": 200}}, f"https.'{URL}'.'code': no such key; allowed: {KEYS}"),
        ({URL: {}}, f"https.'{URL}'.status: None; allowed: a number from 100 to 599"),
        (
            {URL: {"status": "200"}},
            f"https.'{URL}'.status: '200'; allowed: a number from 100 to 599",
        ),
        ({URL: {"status": True}}, f"https.'{URL}'.status: True; allowed: a number from 100 to 599"),
        ({URL: {"status": 600}}, f"https.'{URL}'.status: 600; allowed: a number from 100 to 599"),
        (
            {URL: {"status": 200, "content_type": 1}},
            f"https.'{URL}'.content_type: 1; allowed: text, null",
        ),
        (
            {URL: {"status": 200, "body": "a", "body_base64": "YQ=="}},
            f"https.'{URL}': body and body_base64; allowed: one of them",
        ),
        ({URL: {"status": 200, "body": 1}}, f"https.'{URL}'.body: 1; allowed: text"),
        (
            {URL: {"status": 200, "body": "\ud800"}},
            f"https.'{URL}'.body: '\\ud800'; allowed: text",
        ),
        (
            {URL: {"status": 200, "body_base64": "a b"}},
            f"https.'{URL}'.body_base64: 'a b'; allowed: base64 (RFC 4648 §4)",
        ),
        (
            {"http://example.jp/": "TIMEOUT"},
            "https.'http://example.jp/': not a URL of https; allowed: https://host/path",
        ),
        (
            {"https://": "TIMEOUT"},
            "https.'https://': not a URL of https; allowed: https://host/path",
        ),
        (
            {"https://a b/": "TIMEOUT"},
            "https.'https://a b/': a space or an unprintable character; allowed: https://host/path",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, web: Any, message: str) -> None:
    path = write(tmp_path, json.dumps(ZONE | {"https": web}))
    with pytest.raises(ZoneError) as caught:
        load_fetches(path)
    assert str(caught.value) == f"{path}: {message}"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path, why in (
        (tmp_path / "none.json", "No such file"),
        (write(tmp_path, "{"), "line 1 column 2: not JSON"),
        (write(tmp_path, b"\x1f\x8bno", "broken.gz"), "broken gzip"),
    ):
        with pytest.raises(ZoneError, match=why) as caught:
            load_fetches(path)
        assert "\n" not in str(caught.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["status", "content_type", "body", "body_base64"])
            | st.text(max_size=3),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)


@given(st.dictionaries(st.text(max_size=9).map("https://".__add__) | st.text(), VALUES) | VALUES)
def test_nothing_but_zone_errors(web: Any) -> None:
    with contextlib.suppress(ZoneError):
        for row in fetches_of(web):
            assert set(row) == set(polars_schema(FETCHES))
