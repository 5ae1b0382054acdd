"""A Merkle tree as RFC 6962 has it: what it comes to, and what proves that it only grew."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

Hash = bytes
EMPTY: Hash = sha256(b"").digest()
"""The root of a tree without leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A complete subtree: 2 to the *level* leaves, of which *place* as many lie before it."""

    level: int
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The leaves from *begin* up to, and without, *end*."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """All that has to be known of a tree to let it grow: the roots of `complete(0, size)`."""

    size: int = 0
    peaks: tuple[Hash, ...] = ()

    @property
    def root(self) -> Hash:
        """What the whole tree comes to."""
        return fold(self.peaks)

    def grown(self, leaf: Hash) -> tuple["Frontier", list[tuple[Node, Hash]]]:
        """Put *leaf* at the end, and give the subtrees that are complete by it, small to large."""
        peaks, place, hashed = list(self.peaks), self.size, leaf
        new = [(Node(level=0, place=place), leaf)]
        while place % 2:
            hashed, place = inner(peaks.pop(), hashed), place // 2
            new.append((Node(level=len(new), place=place), hashed))
        return Frontier(size=self.size + 1, peaks=(*peaks, hashed)), new


def span(node: Node) -> Span:
    """Say which leaves a complete subtree holds."""
    return Span(begin=node.place << node.level, end=(node.place + 1) << node.level)


def leaf(entry: bytes) -> Hash:
    """Hash an entry; the first byte keeps it apart from every `inner` (RFC 6962, 2.1)."""
    return sha256(b"\0" + entry).digest()


def inner(left: Hash, right: Hash) -> Hash:
    """Hash two subtrees into the one that holds both."""
    return sha256(b"\1" + left + right).digest()


def fold(peaks: Sequence[Hash]) -> Hash:
    """Give the root over neighbouring complete subtrees, the largest of which comes first."""
    if not peaks:
        return EMPTY
    *rest, hashed = peaks
    for peak in reversed(rest):
        hashed = inner(peak, hashed)
    return hashed


def complete(span: Span) -> Iterator[Node]:
    """List the complete subtrees that *span*, a part of some proof, is made of."""
    begin = span.begin
    while begin < span.end:
        level = (span.end - begin).bit_length() - 1
        if begin:
            level = min(level, (begin & -begin).bit_length() - 1)
        yield Node(level=level, place=begin >> level)
        begin += 1 << level


def inclusion(position: int, *, size: int) -> list[Span]:
    """Say whose roots prove that a leaf is in a tree of *size* (RFC 6962, 2.1.1)."""
    spans, whole = list[Span](), Span(begin=0, end=size)
    while whole.end - whole.begin > 1:
        left, right = _halves(whole)
        whole, beside = (left, right) if position < left.end else (right, left)
        spans.append(beside)
    return spans[::-1]


def consistency(old: int, *, size: int) -> list[Span]:
    """Say whose roots prove that a tree of *size* grew from one of *old* (RFC 6962, 2.1.2)."""
    spans, whole = list[Span](), Span(begin=0, end=size)
    if not 0 < old < size:
        return []
    while whole.end != old:
        left, right = _halves(whole)
        whole, beside = (left, right) if old <= left.end else (right, left)
        spans.append(beside)
    return ([whole] if whole.begin else []) + spans[::-1]


def includes(root: Hash, *, size: int, position: int, leaf: Hash, proof: Sequence[Hash]) -> bool:
    """Judge an inclusion proof, as RFC 9162, 2.1.3.2 has it."""
    if not 0 <= position < size:
        return False
    here, last, hashed = position, size - 1, leaf
    for each in proof:
        if last == 0:
            return False
        if here % 2 or here == last:
            hashed = inner(each, hashed)
            here, last = _up_to_a_right_child(here, last)
        else:
            hashed = inner(hashed, each)
        here, last = here // 2, last // 2
    return last == 0 and hashed == root


def consistent(old_root: Hash, root: Hash, *, old: int, size: int, proof: Sequence[Hash]) -> bool:
    """Judge a consistency proof, as RFC 9162, 2.1.4.2 has it; from nothing anything may grow."""
    if old == 0 or old >= size:
        return not proof and (old == 0 or (old == size and old_root == root))
    path = [*proof] if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    here, last = old - 1, size - 1
    while here % 2:
        here, last = here // 2, last // 2
    before = after = path[0]
    for each in path[1:]:
        if last == 0:
            return False
        if here % 2 or here == last:
            before, after = inner(each, before), inner(each, after)
            here, last = _up_to_a_right_child(here, last)
        else:
            after = inner(after, each)
        here, last = here // 2, last // 2
    return last == 0 and before == old_root and after == root


def _halves(whole: Span) -> tuple[Span, Span]:
    """Part a tree where RFC 6962 does: at the largest power of two below its size."""
    middle = whole.begin + (1 << (whole.end - whole.begin - 1).bit_length() - 1)
    return Span(begin=whole.begin, end=middle), Span(begin=middle, end=whole.end)


def _up_to_a_right_child(here: int, last: int) -> tuple[int, int]:
    while here % 2 == 0 and here:
        here, last = here // 2, last // 2
    return here, last
