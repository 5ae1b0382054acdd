"""Trees of hashes: what they come to, and that no proof of them can be had by cheating."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain import tree
from forgefed_gate.domain.tree import EMPTY, Frontier, Span

VECTORS = json.loads(
    (Path(__file__).parent.parent / "vectors" / "merkle" / "rfc6962.json").read_text("utf-8")
)
LEAVES = [bytes.fromhex(leaf) for leaf in VECTORS["leaves_hex"]]
ENTRIES = st.lists(st.binary(max_size=4), min_size=1, max_size=70)


def naive(hashes):
    """Hash as RFC 6962, 2.1 defines it, word for word."""
    if not hashes:
        return EMPTY
    if len(hashes) == 1:
        return hashes[0]
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    return tree.inner(naive(hashes[:middle]), naive(hashes[middle:]))


def grown(hashes):
    """Let a tree grow leaf by leaf, and give its frontier and all its complete subtrees."""
    frontier, nodes = Frontier(), {}
    for hashed in hashes:
        frontier, new = frontier.grown(hashed)
        nodes |= dict(new)
    return frontier, nodes


def proof(nodes, spans):
    return [tree.fold([nodes[node] for node in tree.complete(span)]) for span in spans]


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_are_ours(size):
    """Whoever checks our log does so with their own program."""
    frontier, _ = grown([tree.leaf(entry) for entry in LEAVES[:size]])

    assert frontier.root.hex() == VECTORS["roots_hex"][str(size)]
    assert frontier.size == size


@given(ENTRIES)
def test_a_tree_that_grew_is_the_tree_over_all_of_it(entries):
    """Remembering only the frontier loses nothing."""
    hashes = [tree.leaf(entry) for entry in entries]
    frontier, nodes = grown(hashes)

    assert frontier.root == naive(hashes)
    assert frontier.peaks == tuple(nodes[n] for n in tree.complete(Span(begin=0, end=len(hashes))))
    for node, hashed in nodes.items():
        width = 1 << node.level
        assert hashed == naive(hashes[node.place * width : (node.place + 1) * width])


@given(ENTRIES, st.data())
def test_what_is_in_a_tree_can_be_proven(entries, data):
    """And nothing else, anywhere else, by the same proof."""
    hashes = [tree.leaf(entry) for entry in entries]
    frontier, nodes = grown(hashes)
    size = frontier.size
    position = data.draw(st.integers(0, size - 1))
    path = proof(nodes, tree.inclusion(position, size=size))

    def judged(**other):
        claim = {"size": size, "position": position, "leaf": hashes[position], "proof": path}
        return tree.includes(frontier.root, **claim | other)

    assert judged()
    assert not judged(leaf=tree.leaf(b"never written"))
    assert not judged(position=size)
    assert not judged(proof=[*path, EMPTY])
    assert all(not judged(proof=path[:n] + path[n + 1 :]) for n in range(len(path)))
    assert all(not judged(proof=flipped(path, n)) for n in range(len(path)))


@given(ENTRIES, st.data())
def test_that_a_tree_only_grew_can_be_proven(entries, data):
    """A tree in which anything older is another has no such proof."""
    hashes = [tree.leaf(entry) for entry in entries]
    frontier, nodes = grown(hashes)
    size, old = frontier.size, data.draw(st.integers(0, frontier.size))
    old_root, path = naive(hashes[:old]), proof(nodes, tree.consistency(old, size=size))

    def judged(before=old_root, after=frontier.root, **other):
        return tree.consistent(before, after, **{"old": old, "size": size, "proof": path} | other)

    assert judged()
    assert not judged(proof=[*path, EMPTY])
    assert all(not judged(proof=flipped(path, n)) for n in range(len(path)))
    assert all(not judged(proof=path[:n] + path[n + 1 :]) for n in range(len(path)))
    assert not judged(old=size + 1)
    if old:
        assert not judged(before=tree.leaf(b"another"))
        assert not judged(after=tree.leaf(b"another"))


def flipped(path, place):
    changed = bytes([path[place][0] ^ 1]) + path[place][1:]
    return [*path[:place], changed, *path[place + 1 :]]


@pytest.mark.parametrize("size", range(1, 34))
def test_proofs_are_as_long_as_they_have_to_be(size):
    """A proof for a million entries has twenty hashes, or nobody would ask for one."""
    for position in range(size):
        assert len(tree.inclusion(position, size=size)) <= (size - 1).bit_length()
        assert len(tree.consistency(position, size=size)) <= (size - 1).bit_length() + 1
