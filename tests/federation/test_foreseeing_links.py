"""What whoever links two houses is told before they confirm it, and what is usual."""

from collections.abc import AsyncGenerator

import pytest
from gates import House
from neighbours import ANVIL, FRIENDS, PROJECT, TEAM, Neighbours, open_neighbours
from story import draw_rsa

from forgefed_gate.domain.errors import Conflict, Malformed, Unreachable
from forgefed_gate.domain.ids import DAY, Slug, later
from forgefed_gate.domain.links import Peer, State
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.net.fetch import Answer
from forgefed_gate.protocol import keys
from forgefed_gate.protocol.wire import write_json
from forgefed_gate.services import projects, teams
from forgefed_gate.services.teams import USUAL_CAP, USUAL_DAYS, Foreseen

CHANGING = (
    "links",
    "delegations",
    "grants",
    "knocks",
    "jobs",
    "record",
    "audit_waiting",
    "threads",
)


@pytest.fixture
async def near(tmp_path, engine, monkeypatch) -> AsyncGenerator[Neighbours]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_neighbours(tmp_path, engine) as neighbours:
        yield neighbours


async def foreseen(near: Neighbours, **terms) -> Foreseen:
    wanted = await teams.wanted(near.a.gate, ANVIL, TEAM, by=OPERATOR, **terms)
    return await teams.foresee(near.a.gate, wanted, by=OPERATOR)


async def what_they_are(house: House, slug: Slug, who: str, said: Peer | None) -> Peer | str:
    try:
        return (await teams.wanted(house.gate, slug, who, kind=said, by=OPERATOR)).kind
    except Malformed as refused:
        return refused.code


async def kept(near: Neighbours) -> list[int]:
    return [await house.rows(table) for house in (near.a, near.b) for table in CHANGING]


def posted(near: Neighbours) -> int:
    return sum(method == "POST" for method, _ in near.wire.log)


async def test_how_many_would_come_in_is_known_before_anybody_confirms(near):
    """The other side counts its people, and names nobody."""
    await near.join_the_team()
    before, sent = await kept(near), posted(near)

    found = await foreseen(near)

    assert found.admits == 1
    assert found.link.state is State.OFFERED
    assert (found.link.role, found.link.cap) == (Role.REPORT, USUAL_CAP)
    assert found.link.ends_at == later(near.clock.now, USUAL_DAYS * DAY)
    assert (await kept(near), posted(near)) == (before, sent)
    assert near.bob.id not in str(
        [body for url, body in near.wire.bodies if "friends" in url][-3:]
    )


async def test_a_house_that_does_not_count_can_be_linked_with_all_the_same(near, monkeypatch):
    """A number that nobody tells is not known, and not zero."""
    get = near.wire.get

    async def silent(url, headers, *, sign=None):
        if url.endswith("/collaborators"):
            raise Unreachable("not-connected", "Nobody answers.")
        return await get(url, headers, sign=sign)

    monkeypatch.setattr(near.wire, "get", silent)
    assert (await foreseen(near)).admits is None
    assert await near.a.rows("links") == 0


@pytest.mark.parametrize("total", [-1, True, "5", None, 1.5, 10**15])
async def test_a_count_that_is_none_is_not_known(near, monkeypatch, total):
    """What another server says is read with care."""
    get = near.wire.get

    async def odd(url, headers, *, sign=None):
        if not url.endswith("/collaborators"):
            return await get(url, headers, sign=sign)
        body = write_json({"id": url, "type": "OrderedCollection", "totalItems": total})
        heads = {"content-type": "application/activity+json"}
        return Answer(status=200, url=url, headers=heads, body=body)

    monkeypatch.setattr(near.wire, "get", odd)
    assert (await foreseen(near)).admits is None


async def test_what_could_not_be_linked_is_refused_before_it_is_shown(near):
    """Whoever looks first is told no at once, in the same words."""
    await near.link(near.a, ANVIL, TEAM)
    before = await kept(near)

    for terms, code in (({}, "already-linked"), ({"cap": 0}, "cap-malformed")):
        with pytest.raises((Conflict, Malformed)) as refused:
            await foreseen(near, **terms)
        assert refused.value.code == code
    assert await kept(near) == before


async def test_a_link_longer_than_six_months_is_refused_before_it_is_shown(near):
    """Whoever trusts somebody looks again."""
    with pytest.raises(Conflict) as refused:
        await foreseen(near, ends_at=later(near.clock.now, 200 * DAY))
    assert refused.value.code == "link-too-long"
    assert await near.a.rows("links") == 0


async def test_whoever_answers_agrees_to_what_was_offered_unless_they_say_less(near):
    """A team takes what a project offers: role, end and all."""
    until = later(near.clock.now, 30 * DAY)
    wanted = await teams.wanted(
        near.a.gate, ANVIL, TEAM, role=Role.TRIAGE, ends_at=until, cap=2, by=OPERATOR
    )
    await teams.link(near.a.gate, wanted, by=OPERATOR, via="cli")
    await near.settle()
    await near.join_the_team()

    answer = await teams.wanted(near.b.gate, FRIENDS, PROJECT, by=OPERATOR)
    found = await teams.foresee(near.b.gate, answer, by=OPERATOR)

    assert (found.link.state, found.link.kind) == (State.AGREED, Peer.RESOURCE)
    assert found.link.role is Role.TRIAGE
    assert found.link.ends_at == until
    assert found.admits == 1
    assert (await near.link_of(near.b, FRIENDS)).state is State.ASKED


@pytest.mark.parametrize(
    ("kind", "said", "found"),
    [
        (Kind.TEAM, Peer.SUBTEAM, Peer.SUBTEAM),
        (Kind.TEAM, Peer.OVER, Peer.OVER),
        (Kind.TEAM, None, "kind-unclear"),
        (Kind.TEAM, Peer.TEAM, "kind-does-not-fit"),
        (Kind.PROJECT, None, Peer.RESOURCE),
        (Kind.PROJECT, Peer.SUBTEAM, "kind-does-not-fit"),
    ],
)
async def test_what_somebody_is_to_a_team_follows_from_what_they_are(near, kind, said, found):
    """Where it could be several things, somebody has to say which: trust has a direction."""
    await projects.add(near.a.gate, "smiths", "Smiths", kind=kind, by=OPERATOR)
    smiths = near.a.gate.places.base_url + f"/{kind.value}/smiths"

    assert await what_they_are(near.b, FRIENDS, smiths, said) == found
    assert await near.b.rows("links") == 0


@pytest.mark.parametrize(
    ("said", "found"),
    [(None, "kind-unclear"), (Peer.CHILD, Peer.CHILD), (Peer.PARENT, Peer.PARENT)],
)
async def test_a_project_may_belong_to_another_in_either_direction(near, said, found):
    """Nobody guesses which of two projects is the larger one."""
    await projects.add(near.b.gate, "forge", "Forge", by=OPERATOR)
    forge = near.b.gate.places.project(Slug("forge"))

    assert await what_they_are(near.a, ANVIL, forge, said) == found
    assert await near.a.rows("links") == 0


async def test_the_list_counts_who_came_in_by_each_link(near):
    """Counts, and never names."""
    await near.join_the_team()
    await near.link_both()
    await near.write(near.a.desk(), "Hello!")
    [before] = await teams.listing(near.a.gate, ANVIL, by=OPERATOR)
    await near.write(near.a.desk(), "I agree.")
    [after] = await teams.listing(near.a.gate, ANVIL, by=OPERATOR)

    assert (before.came, after.came) == (0, 1)
    assert after.standing(near.clock.now) == "active"
    assert after.standing(later(near.clock.now, 91 * DAY)) == "ended"
    await near.pause(paused=True)
    [rests] = await teams.listing(near.a.gate, ANVIL, by=OPERATOR)
    assert rests.standing(near.clock.now) == "paused"
