"""Does a packet answer a question, and does the answer call for another way of asking?

Pure functions of bytes. The id has been found already, on a socket connected to the resolver; what
is checked here is the rest of RFC 5452 §9.1: a response, and the question repeated in it.
question: name, type and class in wire form.
"""

from ...message import decode

HEADER_SIZE = 12
TYPE_AND_CLASS_SIZE = 4
BARE_OPT_SIZE = 11  # RFC 6891 §6.1.2, without options
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS = 0, 1, 2, 3, 4, 5, 16


def is_plain_answer(packet: bytes, question: bytes) -> bool:
    """The cheap look at every packet: an answer that calls for nothing but keeping it?

    Not so, if only perhaps: TC, FORMERR and NOTIMP, and what is as long as BADVERS, which has rcode
    0 in its header and nothing but an OPT without options. What is not plain is looked at closely.
    """
    return (
        packet.startswith(question, HEADER_SIZE)
        and packet[2] & 0xFA == 0x80
        and packet[3] & 15 not in (FORMERR, NOTIMP)
        and len(packet) != HEADER_SIZE + len(question) + BARE_OPT_SIZE
    )


def is_answer(packet: bytes, question: bytes) -> bool:
    """Is this a response (opcode 0) to the question?"""
    if len(packet) < HEADER_SIZE or packet[2] & 0xF8 != 0x80:
        return False
    if packet.startswith(question, HEADER_SIZE):
        return True
    if len(packet) == HEADER_SIZE:
        # A server that does not understand the question may leave it out of its refusal. No less is
        # checked than elsewhere: who can forge a packet knows the question anyway.
        return packet[3] & 15 in (FORMERR, SERVFAIL, NOTIMP, REFUSED) and not any(packet[4:])
    return is_same(packet[HEADER_SIZE : HEADER_SIZE + len(question)], question)


def is_same(repeated: bytes, question: bytes) -> bool:
    """Are they the same but for the case of the name, which is the resolver's to change?

    RFC 4343 §4.1. Type and class are compared as they are: an octet of theirs may be a letter's.
    """
    end = len(question) - TYPE_AND_CLASS_SIZE
    return repeated[end:] == question[end:] and repeated[:end].lower() == question[:end].lower()


def is_truncated(packet: bytes) -> bool:
    """Is TC set?"""
    return packet[2] & 2 != 0


def refuses_edns(packet: bytes) -> bool:
    """Does the answer say that its server cannot read EDNS (RFC 6891 §7), or not version 0?"""
    return decode(packet).rcode in (FORMERR, NOTIMP, BADVERS)
