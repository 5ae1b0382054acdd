"""Whatever is changed in a chain that holds, it holds no more, and the link is named."""

from copy import deepcopy
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.capabilities import (
    LONGEST_BELIEF,
    LONGEST_CHAIN,
    LONGEST_GRANT,
    Allows,
    Capability,
    Flaw,
    Known,
    judge,
)
from forgefed_gate.domain.ids import DAY, SECOND, ActivityId, ActorId, GrantId, later
from forgefed_gate.domain.intents import Granted
from forgefed_gate.domain.roles import Role
from simulation import asking
from simulation.book import Book, Row
from simulation.chains import ASK, BOB, NOW, RESOURCE, holding, team

LENGTHS = range(1, LONGEST_CHAIN + 1)
PLACES = [(length, place) for length in LENGTHS for place in range(length)]
MALLORY = ActorId("https://mallory.example/teams/friends")
FOREIGN = "https://mallory.example/grants/1"


def _said(known: Known, *, leaf: bool, root: bool) -> list[tuple[str, object]]:
    """List, of what a Grant says, all that decides whether it counts, and other words for it."""
    grant = known.grant
    others = [
        ("id", FOREIGN),
        *(("actor", each) for each in (MALLORY, BOB, team(9))),
        *(("context", each) for each in (MALLORY, team(1), f"{RESOURCE}/")),
        *(("target", each) for each in (MALLORY, RESOURCE, f"{grant.target}/")),
        *(("role", each) for each in (None, Role.VISIT)),
        *(("allows", each) for each in Allows if each is not grant.allows),
        ("starts_at", later(NOW, 1)),
        *(("ends_at", later(NOW, each)) for each in (0, -DAY, LONGEST_GRANT)),
        *(("delegates", each) for each in (FOREIGN, grant.id)),
        *(("through", each) for each in ((MALLORY,), (*grant.through, MALLORY))),
    ]
    if not root:
        others += [("role", each) for each in Role if each > Role.REPORT]
        others += [("delegates", None), ("result", None), ("result", f"{FOREIGN}/live")]
    if not leaf:
        others.append(("id", f"{grant.id}0"))
    return others


def _known(*, leaf: bool, root: bool) -> list[tuple[str, object]]:
    """List, of what we know of a Grant, all that decides whether it counts."""
    others = [("ours", not root), ("revoked_at", NOW), ("paused", True)]
    if not root:
        beyond = later(NOW, LONGEST_BELIEF + 1)
        others += [("alive_until", each) for each in (None, NOW, beyond)]
        others.append(("blocked", True))
    if not leaf:
        others += [("target_type", each) for each in ("", "Person", "Project")]
    return others


def _mutated(length: int, place: int) -> list[tuple[str, list[Known]]]:
    chain, made = holding(length), []
    leaf, root, known = place == length - 1, place == 0, chain[place]
    for name, value in _said(known, leaf=leaf, root=root):
        other = replace(known, grant=replace(known.grant, **{name: value}))
        made.append((f"{name} = {value}", [*chain[:place], other, *chain[place + 1 :]]))
    for name, value in _known(leaf=leaf, root=root):
        other = replace(known, **{name: value})
        made.append((f"{name} = {value}", [*chain[:place], other, *chain[place + 1 :]]))
    return made


@pytest.mark.parametrize("length", LENGTHS)
def test_a_chain_that_holds_holds(length):
    """Otherwise what follows would prove nothing; one of nine holds no more."""
    assert judge(holding(length), ASK, now=NOW).granted
    assert judge(holding(9), ASK, now=NOW).flaw is Flaw.TOO_LONG


@pytest.mark.parametrize(("length", "place"), PLACES)
def test_any_change_of_any_field_is_refused_and_the_link_is_named(length, place):
    """The link itself is named, or one of its neighbours, which no longer fits it."""
    for what, chain in _mutated(length, place):
        judged = judge(chain, ASK, now=NOW)

        assert not judged.granted, what
        assert abs(judged.failed - place) <= 1, f"{what}: {judged.flaw} at {judged.failed}"


def test_every_field_is_changed():
    """A field that is forgotten here is one that anybody could change."""
    changed = {name for name, _ in _said(holding(3)[1], leaf=False, root=False)}
    seen = {name for name, _ in _known(leaf=False, root=False)}

    hearsay = {"capability", "fulfills", "believed_for"}
    assert changed | hearsay == {field.name for field in fields(Capability)}
    assert seen | {"grant"} == {field.name for field in fields(Known)}


@pytest.mark.parametrize("length", LENGTHS)
def test_a_chain_is_refused_with_a_link_less_twice_or_elsewhere(length):
    """What holds is this chain, and not its parts in another order."""
    chain = holding(length)
    for place in range(length):
        less = [*chain[:place], *chain[place + 1 :]]
        twice = [*chain[: place + 1], *chain[place:]]
        assert not judge(less, ASK, now=NOW).granted
        assert not judge(twice, ASK, now=NOW).granted
    if length > 1:
        assert not judge(chain[::-1], ASK, now=NOW).granted


@given(st.data())
def test_several_changes_at_once_are_refused_too(data):
    """Two wrongs make no right."""
    length, place = data.draw(st.sampled_from(PLACES))
    known = data.draw(st.sampled_from([chain for _, chain in _mutated(length, place)]))
    other = data.draw(st.integers(0, length - 1))
    if other != place:
        spoilt = dict(_said(known[other], leaf=other == length - 1, root=other == 0))
        name = data.draw(st.sampled_from([each for each in spoilt if each != "id"]))
        grant = replace(known[other].grant, **{name: spoilt[name]})
        known[other] = replace(known[other], grant=grant)
    assert not judge(known, ASK, now=NOW).granted


@pytest.mark.parametrize("field", [field.name for field in fields(Capability)])
def test_a_grant_that_is_told_again_in_other_words_changes_nothing(field):
    """What the judge does not weigh cannot be changed either: an issuer's first word counts."""
    book = _book_with(chain := holding(3))
    before = deepcopy(book.rows)
    leaf = chain[-1].grant
    again = replace(leaf, **{field: _another(leaf, field)})
    book.receive(Granted(activity=ActivityId(FOREIGN), actor=leaf.actor, grant=again), NOW)

    assert {name: book.rows[name] for name in before} == before
    assert asking.authorise(book, ASK, named=leaf.id, now=NOW, since=NOW).granted
    mine = replace(ASK, who=MALLORY)
    assert not asking.authorise(book, mine, named=again.id, now=NOW, since=NOW).granted


def _another(grant: Capability, field: str) -> object:
    others = dict(_said(holding(3)[2], leaf=True, root=False))
    hearsay = {
        "capability": GrantId(FOREIGN),
        "fulfills": ActivityId(FOREIGN),
        "believed_for": grant.believed_for + SECOND,
        "id": GrantId(f"{grant.actor}/grants/other"),
    }
    return hearsay.get(field, others.get(field))


def _book_with(chain: list[Known]) -> Book:
    kinds = {known.grant.target: known.target_type for known in chain}
    book = Book(me=RESOURCE, team=False, kinds=kinds, post=lambda *_: None)
    for known in chain:
        row = Row(grant=known.grant, ours=known.ours, alive_until=known.alive_until)
        book.rows[known.grant.id] = row
    return book
