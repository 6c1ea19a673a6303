"""Many DNS messages read at once: what `message.decode` reads of one, where it is as most are.

Python takes longer to read a message than to ask for it. Here each step is taken in thousands of
messages together, by numpy. Only what is plain and well formed is read: one question, NOERROR or
NXDOMAIN, answers that belong to the asked name itself, owners that are the root or point into the
question, names of few pieces, an OPT without options. Of everything else `read` says that it is not
plain, and leaves it to `decode`, which is also what the tests hold this file against.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .message import ANSWER, AUTHORITY, IN, LONGEST_NAME, OPT, SIZES
from .words import QType

Octets = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]

MOST_RECORDS = 32  # of a plain message
MOST_STEPS = 24  # labels and pointers of a plain name
MOST_STRINGS = 16  # of a plain TXT
NAME_PIECES = 3  # a plain name is made of so many: each ends with a pointer, the last with the root
PIECES = 1 + 2 * NAME_PIECES + 1  # of rdata: what stands before its names, two names, the rest
PADDING = bytes(512)  # what is looked at past the end of the last message
NAMES: dict[int, tuple[int, int, int]] = {
    QType.MX: (2, 1, 0),
    QType.CNAME: (0, 1, 0),
    QType.NS: (0, 1, 0),
    QType.SOA: (0, 2, 20),
}
"""Rdata with names: octets before, names, octets behind."""


@dataclass(frozen=True, slots=True)
class Read:
    """n messages, of which m are plain, and the k records of these, in the order of the messages.

    is_plain: (n,). flags, rcode, is_answered (by a record of the asked type): (m,). offsets:
    (m + 1,), where the records of each begin. section, type, ttl: (k,). owner, rdata: Arrow, k.
    """

    is_plain: Marks
    flags: Numbers
    rcode: Numbers
    is_answered: Marks
    offsets: Numbers
    section: Numbers
    type: Numbers
    ttl: Numbers
    owner: pa.Array
    rdata: pa.Array


def read(messages: Sequence[bytes], names: pa.Array, qtypes: pa.Array) -> Read:
    """Read the plain ones of n messages. names, qtypes: of their questions, which they repeat.

    messages: empty where there is none. names: large strings; qtypes: 16-bit numbers; no nulls.

    Never raises, whatever the bytes; takes time in proportion to them.
    """
    octets, begin, end = joined(messages)
    text, name_begin, name_size, is_plain_name = read_names(names)
    questions, answers, ruled, total = np.cumsum([u16(octets, begin + i) for i in (4, 6, 8, 10)], 0)
    at, flags = begin + 12 + name_size + 2, u16(octets, begin + 2)
    is_plain = (
        is_plain_name
        & (end - at >= 4)
        & (questions == 1)
        & (total - questions <= MOST_RECORDS)
        & (octets[np.minimum(at, end) - 1] == 0)
        & (u16(octets, np.minimum(at + 2, end)) == IN)
        & np.isin(flags & 15, (0, 3))
    )
    at += 4
    records: list[Sequence[Numbers]] = [NO_RECORDS]
    for number in range(1, int(total[is_plain].max(initial=1))):
        rows = np.flatnonzero(is_plain & (number < total))
        step = Step(octets, begin[rows], end[rows], at[rows])
        step.read_owner(text, name_begin[rows], name_size[rows])
        is_answer, is_ruled = number < answers[rows], number < ruled[rows]
        step.read_rdata(is_answer, is_ruled)
        is_plain[rows[~step.is_good]] = False
        at[rows] = step.after
        section = np.where(is_answer, ANSWER, AUTHORITY)
        records.append(step.records(rows, section, is_ruled & step.is_good))
    row, section, first, size, rtype, ttl, starts, sizes = map(
        np.concatenate, zip(*records, strict=True)
    )
    which = np.flatnonzero(is_plain[row])
    which = which[np.argsort(row[which], kind="stable")]
    row, section, rtype = row[which], section[which], rtype[which]
    answering = row[(section == ANSWER) & (rtype == qtypes.to_numpy()[row])]
    return Read(
        is_plain=is_plain,
        rcode=flags[is_plain] & 15,
        flags=flags[is_plain],
        is_answered=np.bincount(answering, minlength=len(at))[is_plain] > 0,
        offsets=edges(np.bincount(row, minlength=len(at))[is_plain]),
        section=section,
        type=rtype,
        ttl=ttl[which],
        owner=gathered(text, first[which, None], size[which, None], pa.large_utf8()),
        rdata=gathered(octets, starts[which], sizes[which], pa.large_binary()),
    )


class Step:
    """The next record of each of m messages. at: where it begins; after: where it ended.

    is_good: as a plain one must be. first, size: of its owner in the text of the names.
    """

    def __init__(self, octets: Octets, begin: Numbers, end: Numbers, at: Numbers):
        self.octets, self.begin, self.end, self.at = octets, begin, end, at
        self.starts = np.zeros((len(at), PIECES), np.int64)
        self.sizes = np.zeros((len(at), PIECES), np.int64)

    def read_owner(self, text: Octets, name_begin: Numbers, name_size: Numbers) -> None:
        """Read owner, type, class, TTL and length."""
        octets, at = self.octets, np.minimum(self.at, self.end)
        is_pointer, is_root = octets[at] >= 0xC0, octets[at] == 0
        shift = np.where(is_pointer, (u16(octets, at) & 0x3FFF) - 12, -1)
        is_inside = (shift >= 0) & (shift < name_size)
        shift = np.where(is_inside, shift, 0)
        before = text[name_begin + shift - 1]  # a label begins behind a dot
        self.is_owner = is_root | is_inside & ((shift == 0) | (before == ord(".")))
        self.is_asked = is_inside & (shift == 0)
        self.first = np.where(is_root, len(text) - 1, name_begin + shift)  # its last is the root
        self.size = np.where(is_root, 1, name_size - shift)
        fixed = np.minimum(at + np.where(is_pointer, 2, 1), self.end)
        self.type, self.rclass = u16(octets, fixed), u16(octets, fixed + 2)
        self.ttl = u16(octets, fixed + 4) << 16 | u16(octets, fixed + 6)
        self.start = fixed + 10
        self.after = self.start + u16(octets, fixed + 8)

    def read_rdata(self, is_answer: Marks, is_ruled: Marks) -> None:
        """Read the rdata of answers and authorities; the additional ones are passed over."""
        is_bare = (self.type != OPT) | (self.after == self.start) & (self.ttl >> 24 == 0)
        self.is_good = (
            (self.after <= self.end)
            & self.is_owner
            & np.where(
                is_ruled,
                (self.rclass == IN) & (self.is_asked | ~is_answer),
                is_bare,
            )
        )
        self.starts[:, 0], self.sizes[:, 0] = self.start, self.after - self.start
        for qtype in np.unique(self.type[is_ruled & self.is_good]):
            which = np.flatnonzero(is_ruled & self.is_good & (self.type == qtype))
            self.is_good[which] = self.rdata_of(int(qtype), which)

    def rdata_of(self, qtype: int, which: Numbers) -> Marks:
        """Is the rdata well formed? Where it has names, the pieces are set."""
        start, after = self.start[which], self.after[which]
        if qtype in SIZES:
            least, most = SIZES[qtype]
            return np.asarray((after - start >= least) & (after - start <= most))
        if qtype == QType.TXT:
            return are_strings(self.octets, start, after)
        if qtype not in NAMES:
            return np.zeros(len(which), bool)
        ahead, names, behind = NAMES[qtype]
        self.sizes[which, 0] = ahead
        is_good, at = np.ones(len(which), bool), start + ahead
        for column in range(1, 1 + names * NAME_PIECES, NAME_PIECES):
            columns = slice(column, column + NAME_PIECES)
            self.starts[which, columns], self.sizes[which, columns], at = walked(
                self.octets, self.begin[which], self.end[which], at
            )
            is_good &= at >= 0
            at = np.maximum(at, 0)
        self.starts[which, -1], self.sizes[which, -1] = at, behind
        return np.asarray(is_good & (at + behind == after))

    def records(self, rows: Numbers, section: Numbers, which: Marks) -> Sequence[Numbers]:
        """These records: row, section, owner, type, TTL, and the pieces of the rdata."""
        owner = (self.first, self.size)
        columns = (rows, section, *owner, self.type, self.ttl, self.starts, self.sizes)
        return [column[which] for column in columns]


NO_RECORDS = [*[np.zeros(0, np.int64)] * 6, *[np.zeros((0, PIECES), np.int64)] * 2]


def walked(
    octets: Octets, begin: Numbers, end: Numbers, at: Numbers
) -> tuple[Numbers, Numbers, Numbers]:
    """Where the pieces of the name at each place begin, their sizes, and the place behind the name.

    -1 for the last: not a plain name.

    The rules of `message.wire_name`, RFC 1035 §4.1.4: a pointer points before the place it was read
    from, and a name has 255 octets.
    """
    starts = np.zeros((len(at), NAME_PIECES), np.int64)
    sizes = np.zeros((len(at), NAME_PIECES), np.int64)
    here, first, size = at.copy(), at.copy(), np.ones(len(at), np.int64)
    piece, after = np.zeros(len(at), np.int64), np.full(len(at), -1)
    is_done = np.zeros(len(at), bool)
    active = np.arange(len(at))
    for _ in range(MOST_STEPS):
        active = active[(here[active] < end[active]) & (size[active] <= LONGEST_NAME)]
        if not len(active):
            break
        length = octets[here[active]].astype(np.int64)
        ended, labels = active[length == 0], active[length < 64]
        starts[ended, piece[ended]] = first[ended]
        sizes[ended, piece[ended]] = here[ended] + 1 - first[ended]
        after[ended] = np.where(after[ended] < 0, here[ended] + 1, after[ended])
        is_done[ended] = True
        here[labels] += 1 + length[length < 64]
        size[labels] += 1 + length[length < 64]
        pointers = active[length >= 0xC0]
        target = begin[pointers] + (u16(octets, here[pointers]) & 0x3FFF)
        is_backwards = (
            (target < first[pointers])
            & (here[pointers] + 1 < end[pointers])
            & (piece[pointers] + 1 < NAME_PIECES)
        )
        pointers, target = pointers[is_backwards], target[is_backwards]
        starts[pointers, piece[pointers]] = first[pointers]
        sizes[pointers, piece[pointers]] = here[pointers] - first[pointers]
        after[pointers] = np.where(after[pointers] < 0, here[pointers] + 2, after[pointers])
        piece[pointers] += 1
        here[pointers] = first[pointers] = target
        active = np.concatenate([labels[~is_done[labels]], pointers])
    return starts, sizes, np.where(is_done, after, -1)


def are_strings(octets: Octets, start: Numbers, after: Numbers) -> Marks:
    """Is each rdata one character-string or more that fill it exactly? Few of them, if so."""
    at = start.copy()
    active = np.arange(len(at))
    for _ in range(MOST_STRINGS):
        active = active[at[active] < after[active]]
        if not len(active):
            break
        at[active] += 1 + octets[at[active]].astype(np.int64)
    return np.asarray((at == after) & (at > start))


def gathered(octets: Octets, starts: Numbers, sizes: Numbers, dtype: pa.DataType) -> pa.Array:
    """Values out of their pieces, (n, pieces)."""
    flat, offsets = sizes.ravel(), edges(sizes)
    index = np.repeat(starts.ravel() - offsets[:-1], flat) + np.arange(offsets[-1])
    of_values = np.ascontiguousarray(offsets[:: sizes.shape[1]])
    buffers = [None, pa.py_buffer(of_values), pa.py_buffer(octets[index])]
    return pa.Array.from_buffers(dtype, len(sizes), buffers)


def edges(sizes: Numbers) -> Numbers:
    """Where each of n things begins that stand one after another, and where the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])


def joined(values: Sequence[bytes]) -> tuple[Octets, Numbers, Numbers]:
    """All values in one array of octets, padded, and where each begins and ends."""
    offsets = edges(np.fromiter(map(len, values), np.int64, len(values)))
    return np.frombuffer(b"".join([*values, PADDING]), np.uint8), offsets[:-1], offsets[1:]


def read_names(names: pa.Array) -> tuple[Octets, Numbers, Numbers, Marks]:
    """The octets of all names and a dot, where each begins, its size, and: is it without escapes?

    Only then is it in the text as it is on the wire, a dot where a label begins.
    """
    _, offsets, texts = names.buffers()
    text = np.frombuffer((texts.to_pybytes() if texts else b"") + b".", np.uint8)
    where = np.frombuffer(offsets, np.int64)[names.offset : names.offset + len(names) + 1]
    begin, size = where[:-1], np.diff(where)
    is_plain = (size > 1) | (size == 1) & (text[begin] != ord("."))
    escaped = np.searchsorted(where, np.flatnonzero(text == ord("\\")), side="right") - 1
    is_plain[escaped[(escaped >= 0) & (escaped < len(names))]] = False
    return text, begin, size, is_plain


def u16(octets: Octets, at: Numbers) -> Numbers:
    """The 16-bit number at each place."""
    return octets[at].astype(np.int64) << 8 | octets[at + 1]
