"""DNS messages rebuilt from pycares' values, so that whoever reads facts meets one shape.

pycares hands out values, not the message: what its values lack (flags, the cuts between a TXT's
strings, types that it does not know) is not in the rebuilt message either.
"""

import socket
import struct
from collections.abc import Callable
from typing import Any

import dns.exception
import pycares

from ...message import ANSWER, AUTHORITY, IN, RR, from_strings, to_text, to_wire
from ...words import QType

UNREADABLE = (ValueError, TypeError, struct.error, dns.exception.DNSException)
"""What `records` raises where a value cannot be written in wire form."""


def question_of(name: str, qtype: int) -> bytes:
    """The question section of a message."""
    return to_wire(name) + struct.pack("!HH", qtype, IN)


def records(result: pycares.DNSResult) -> list[RR]:
    """Its records of class IN of the types that this engine asks, in the order received."""
    return [
        RR(
            section,
            to_text(to_wire(record.name)),
            record.type,
            record.ttl,
            RDATA[record.type](record.data),
        )
        for section, received in ((ANSWER, result.answer), (AUTHORITY, result.authority))
        for record in received
        if record.record_class == IN and record.type in RDATA
    ]


def soa(record: pycares.SOARecordData) -> bytes:
    """SOA."""
    numbers = (record.serial, record.refresh, record.retry, record.expire, record.minimum)
    return to_wire(record.mname) + to_wire(record.rname) + struct.pack("!5I", *numbers)


def txt(record: pycares.TXTRecordData) -> bytes:
    """TXT, its joined strings cut again at 255 octets."""
    whole = record.data
    return from_strings([whole[at : at + 255] for at in range(0, len(whole), 255)])


def srv(record: pycares.SRVRecordData) -> bytes:
    """SRV."""
    return struct.pack("!3H", record.priority, record.weight, record.port) + to_wire(record.target)


def tlsa(record: pycares.TLSARecordData) -> bytes:
    """TLSA."""
    head = struct.pack("!3B", record.cert_usage, record.selector, record.matching_type)
    return head + record.cert_association_data


def caa(record: pycares.CAARecordData) -> bytes:
    """CAA."""
    tag, value = (
        part.encode() if isinstance(part, str) else part for part in (record.tag, record.value)
    )
    return bytes([record.critical, len(tag)]) + tag + value


RDATA: dict[int, Callable[[Any], bytes]] = {
    QType.A: lambda record: socket.inet_pton(socket.AF_INET, record.addr),
    QType.AAAA: lambda record: socket.inet_pton(socket.AF_INET6, record.addr),
    QType.MX: lambda record: struct.pack("!H", record.priority) + to_wire(record.exchange),
    QType.NS: lambda record: to_wire(record.nsdname),
    QType.CNAME: lambda record: to_wire(record.cname),
    QType.PTR: lambda record: to_wire(record.dname),
    QType.SOA: soa,
    QType.TXT: txt,
    QType.SRV: srv,
    QType.TLSA: tlsa,
    QType.CAA: caa,
}
"""Rdata in wire form from pycares' values. The keys are the types that this engine can ask."""
