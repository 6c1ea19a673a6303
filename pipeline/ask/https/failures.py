"""What became of a fetch that a library gave up: its exceptions as outcomes."""

import ssl
from collections.abc import Iterator

import aiohttp
from aiohttp.http_exceptions import LineTooLong

from ...words import FetchOutcome
from .connecting import NoHost, NotAsked


def failure(fault: BaseException) -> tuple[FetchOutcome, str]:
    """What an exception means, and its words."""
    if isinstance(fault, aiohttp.ClientConnectorError):
        fault = fault.os_error
    elif isinstance(fault, aiohttp.ClientOSError) and isinstance(fault.__cause__, ssl.SSLError):
        fault = fault.__cause__  # TLS 1.3 may fail after the handshake
    match fault:
        case ssl.SSLCertVerificationError():
            return FetchOutcome.CERTIFICATE, fault.verify_message
        case ssl.SSLError():
            reason = fault.reason or str(fault)
            return FetchOutcome.TLS_ERROR, reason.replace("_", " ").lower()
        case aiohttp.ClientResponseError() | aiohttp.ClientPayloadError():
            return broken(fault)
        case aiohttp.InvalidURL():
            return FetchOutcome.NOT_ASKED, str(fault.description or fault)
        case _:
            return OUTCOMES.get(kind_of(fault), FetchOutcome.UNREACHABLE), words(fault)


OUTCOMES: dict[type[BaseException], FetchOutcome] = {
    NotAsked: FetchOutcome.NOT_ASKED,
    NoHost: FetchOutcome.NO_HOST,
    TimeoutError: FetchOutcome.TIMEOUT,
    ConnectionRefusedError: FetchOutcome.REFUSED,
    ConnectionError: FetchOutcome.DROPPED,
    aiohttp.ServerDisconnectedError: FetchOutcome.DROPPED,
    aiohttp.ClientOSError: FetchOutcome.DROPPED,
}
"""By the first that fits; anything else says nothing of the other side: UNREACHABLE."""


def kind_of(fault: BaseException) -> type[BaseException]:
    """The first of OUTCOMES that it is; its own type: none."""
    return next((kind for kind in OUTCOMES if isinstance(fault, kind)), type(fault))


def broken(fault: BaseException) -> tuple[FetchOutcome, str]:
    """An answer that could not be read: too long, cut off, or no HTTP."""
    causes = list(chain_of(fault))
    text = next((words(one) for one in reversed(causes)), "")
    if any(isinstance(one, LineTooLong) for one in causes) or "Too many headers" in text:
        return FetchOutcome.TOO_MUCH, text
    is_cut = isinstance(fault, aiohttp.ClientPayloadError) and "Not enough data" in text
    return (FetchOutcome.DROPPED if is_cut else FetchOutcome.NOT_HTTP), text


def chain_of(fault: BaseException | None) -> Iterator[BaseException]:
    """An exception and what it came from."""
    while fault is not None:
        yield fault
        fault = fault.__cause__


def words(fault: BaseException) -> str:
    """The words of an exception, or its name, in one line."""
    text = fault.strerror if isinstance(fault, OSError) and fault.strerror else str(fault)
    return " ".join(text.split()) or type(fault).__name__
