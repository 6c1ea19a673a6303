"""Packets to packets: what the lab's server answers, without a socket.

A source knows the answers; here the question is read, the answer gets the client's id, spelling,
flags and size, and goes wrong where that was asked for. Asking the same bytes twice costs one look
into a table, which is what makes the server fast.
"""

import struct
from collections.abc import Callable
from typing import NamedTuple, Protocol

import dns.rdatatype

from ..message import (
    AD,
    CD,
    CH,
    FIXED,
    HEADER,
    IN,
    OPT,
    QR,
    RA,
    RD,
    TC,
    Malformed,
    from_strings,
    response,
    to_text,
    wire_name,
)
from ..words import QType
from .misbehaviour import BY_TCP, Fault, Misbehaviour

OPCODE = 0x7800
DO = 0x8000  # RFC 3225 §3
SERVFAIL, NOTIMP, REFUSED, BADVERS = 2, 4, 5, 16
PLAIN_SIZE = 512  # RFC 1035 §4.2.1
OWN_SIZE = 1232  # what an OPT of ours says; questions are never that long
MOST_ADDITIONAL = 16
MOST_READY = 1 << 15
SOFTWARE = from_strings([b"mailsurvey-lab"])
VERSION_NAMES = ("version.bind", "version.server")
OWN_OPT = struct.pack("!BHHIH", 0, OPT, OWN_SIZE, 0, 0)


class LabError(Exception):
    """What the lab cannot do: one line that says what is wrong and what is allowed."""


class Source(Protocol):
    """Whatever knows answers."""

    def answer(self, name: str, qtype: int, cd: bool) -> bytes | None:
        """The answer's message with id 0; None is silence. name: canonical."""


class Question(NamedTuple):
    """One question as it came."""

    wire: bytes  # name, type and class, in the client's spelling
    name: str
    qtype: int
    qclass: int
    flags: int
    size: int | None  # largest UDP answer by EDNS; None: no OPT
    version: int  # of EDNS
    wants_ad: bool

    @property
    def key(self) -> bytes:
        """The question without its spelling."""
        return self.wire[:-4].lower() + self.wire[-4:] + (b"C" if self.flags & CD else b"c")

    @property
    def line(self) -> str:
        """Name, type and CD, for the log."""
        kind = dns.rdatatype.to_text(dns.rdatatype.RdataType.make(self.qtype))
        return f"{self.name}\t{kind}\t{1 if self.flags & CD else 0}"


class Responder:
    """Answers packets out of a source. note: is told of every question: transport and its line."""

    def __init__(
        self,
        source: Source,
        misbehaviour: Misbehaviour | None = None,
        note: Callable[[str, str], None] | None = None,
    ):
        self._source = source
        self._wrong = misbehaviour if misbehaviour and misbehaviour.active else None
        self._note = note
        self._asked: dict[bytes, int] = {}  # kept only where something may go wrong
        self._ready: dict[bytes, tuple[bytes | None, Question | None, str]] = {}

    def over_udp(self, packet: bytes) -> tuple[bytes | None, float]:
        """The packet to send back, None: none; and how many seconds later."""
        ready = self._ready.get(packet[2:])
        if ready is None:
            ready = self._prepared(packet)
        reply, question, line = ready
        if question is None:
            return (packet[:2] + reply, 0.0) if reply else (None, 0.0)
        if self._note:
            self._note("udp", line)
        if self._wrong and self._wrong.befalls(question.name, question.qtype):
            return self._misbehaving(self._wrong, packet, question, reply)
        return (packet[:2] + reply, 0.0) if reply else (None, 0.0)

    def over_tcp(self, packet: bytes) -> tuple[bytes | None, float]:
        """The message to send back, None: none; and how many seconds later."""
        question, reply = self._answered(packet)
        if question is None:
            return (packet[:2] + reply if reply else None), 0.0
        if self._note:
            self._note("tcp", question.line)
        delay = 0.0
        if self._wrong and self._wrong.befalls(question.name, question.qtype):
            fault, delay = self._wrong.draw(question.key, self._count(question))
            if fault in BY_TCP:
                reply = failed(question, SERVFAIL if fault is Fault.SERVFAIL else REFUSED)
        return (packet[:2] + reply if reply else None), delay

    def _prepared(self, packet: bytes) -> tuple[bytes | None, Question | None, str]:
        """The UDP answer to a packet without its id, the question, its line; kept for next time."""
        question, reply = self._answered(packet)
        if question and reply and len(reply) + 2 > (question.size or PLAIN_SIZE):
            reply = truncated(question, reply)
        ready = reply, question, question.line if question and self._note else ""
        if len(self._ready) >= MOST_READY:
            self._ready.clear()
        if question:
            self._ready[packet[2:]] = ready
        return ready

    def _answered(self, packet: bytes) -> tuple[Question | None, bytes | None]:
        """The question in a packet, if there is one, and the whole answer without its id."""
        if len(packet) < HEADER.size or packet[2] & 0x80:
            return None, None  # garbage, or an answer: answering answers makes loops
        if packet[2] & OPCODE >> 8:
            opcode = int.from_bytes(packet[2:4]) & (OPCODE | RD)
            return None, HEADER.pack(0, QR | opcode | NOTIMP, 0, 0, 0, 0)[2:]
        try:
            question = read(packet)
        except Malformed:
            return None, None
        if question.version:  # RFC 6891 §6.1.3
            return question, response(question.wire, [], rcode=BADVERS)[2:]
        if question.qclass == IN:
            cd = bool(question.flags & CD)
            message = self._source.answer(question.name, question.qtype, cd)
            return question, None if message is None else finished(message, question)[2:]
        if question.qclass == CH and question.name in VERSION_NAMES and question.qtype == QType.TXT:
            return question, own_name(question)
        return question, failed(question, REFUSED)

    def _misbehaving(
        self, wrong: Misbehaviour, packet: bytes, question: Question, reply: bytes | None
    ) -> tuple[bytes | None, float]:
        """The UDP answer to this asking, with what goes wrong with it."""
        asked, id = self._count(question), packet[:2]
        fault, delay = wrong.draw(question.key, asked)
        if fault is Fault.LOSS:
            return None, 0.0
        if fault is Fault.SERVFAIL or fault is Fault.REFUSED:
            reply = failed(question, SERVFAIL if fault is Fault.SERVFAIL else REFUSED)
        elif fault is Fault.GARBAGE:
            reply = wrong.noise(question.key, asked)
        elif fault is Fault.TRUNCATION and reply:
            reply = truncated(question, reply)
        elif fault is Fault.WRONG_ID:
            id = bytes(octet ^ 0x55 for octet in id)
        return (id + reply if reply else None), delay

    def _count(self, question: Question) -> int:
        """How often this question was asked before; counts this asking."""
        before = self._asked.get(question.key, 0)
        self._asked[question.key] = before + 1
        return before


def read(packet: bytes) -> Question:
    """The question in a packet of at least a header. Raises Malformed."""
    try:
        _, flags, questions, answers, authorities, additionals = HEADER.unpack_from(packet)
        if questions != 1 or answers or authorities or additionals > MOST_ADDITIONAL:
            raise Malformed("not one question", 4)
        name, at = wire_name(packet, HEADER.size)
        qtype, qclass = struct.unpack_from("!HH", packet, at)
        if packet[HEADER.size : at] != name:
            raise Malformed("compressed question", HEADER.size)
        wire, at = packet[HEADER.size : at + 4], at + 4
        size, version, extended = None, 0, 0
        for _ in range(additionals):
            _, at = wire_name(packet, at)
            rtype, rclass, ttl, length = FIXED.unpack_from(packet, at)
            at += FIXED.size + length
            if at > len(packet) or (rtype == OPT and size is not None):  # RFC 6891 §6.1.1: one OPT
                raise Malformed("bad additional record", at)
            if rtype == OPT:
                size, version, extended = max(rclass, PLAIN_SIZE), ttl >> 16 & 255, ttl
    except struct.error:
        raise Malformed("cut short", len(packet)) from None
    wants_ad = bool(flags & AD or extended & DO)  # RFC 6840 §5.7
    return Question(wire, to_text(name), qtype, qclass, flags, size, version, wants_ad)


# --- answers, all with an id that the caller replaces --------------------------------------------


def finished(message: bytes, question: Question) -> bytes:
    """A source's message as this client wants it: spelling, flags, and an OPT only if it sent one.

    What is no message (a replayed run may hold such a thing) is left as it is.
    """
    end = HEADER.size + len(question.wire)
    if message[HEADER.size : end].lower() != question.wire.lower():
        return message
    id, flags, questions, answers, authorities, additionals = HEADER.unpack_from(message)
    flags = flags & ~(RD | CD) | question.flags & (RD | CD)
    if not question.wants_ad:
        flags &= ~AD  # RFC 6840 §5.8
    body = message[end:]
    if question.size is None and additionals:
        kept = without_opt(body, message, end)
        additionals, body = additionals - (kept != body), kept
    elif question.size is not None and not additionals:
        additionals, body = 1, body + OWN_OPT
    head = HEADER.pack(id, flags, questions, answers, authorities, additionals)
    return head + question.wire + body


def without_opt(body: bytes, message: bytes, start: int) -> bytes:
    """The records of a message, which begin at `start`, less its OPT."""
    at = start
    try:
        while at < len(message):
            _, fixed = wire_name(message, at)
            rtype, _, _, length = FIXED.unpack_from(message, fixed)
            after = fixed + FIXED.size + length
            if rtype == OPT:
                return message[start:at] + message[after:]
            at = after
    except (Malformed, struct.error):
        pass  # a replayed message that cannot be read has no OPT to find
    return body


def truncated(question: Question, reply: bytes) -> bytes:
    """An answer of nothing but its header with TC, without the id (RFC 2181 §9)."""
    flags = (int.from_bytes(reply[:2]) | TC) & ~AD
    opt = OWN_OPT if question.size is not None else b""
    return HEADER.pack(0, flags, 1, 0, 0, 1 if opt else 0)[2:] + question.wire + opt


def failed(question: Question, rcode: int) -> bytes:
    """An answer that is only an rcode, without the id."""
    flags = QR | RA | question.flags & (RD | CD)
    edns = OWN_SIZE if question.size is not None else 0
    return response(question.wire, [], flags=flags, rcode=rcode, edns=edns)[2:]


def own_name(question: Question) -> bytes:
    """What the server calls itself, class CH, without the id."""
    opt = OWN_OPT if question.size is not None else b""
    flags = QR | RA | question.flags & (RD | CD)
    head = HEADER.pack(0, flags, 1, 1, 0, 1 if opt else 0)
    record = b"\xc0\x0c" + FIXED.pack(QType.TXT, CH, 0, len(SOFTWARE)) + SOFTWARE
    return head[2:] + question.wire + record + opt
