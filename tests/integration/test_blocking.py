"""Whom the gate, and whom one project, listens to no more."""

import pytest
from consoles import whole
from story import ANVIL

from forgefed_gate.domain.errors import Conflict, Malformed, NotFound
from forgefed_gate.domain.ids import ActorId, Slug
from forgefed_gate.domain.roles import OPERATOR, Office, Principal, person
from forgefed_gate.services import access, blocking, projects
from forgefed_gate.store import blocks, maintainers


async def blocked(story, project):
    """Say whether Bob is blocked for a project."""
    async with story.house.gate.database.snapshot() as tx:
        return await blocks.covers(tx, story.bob.id, project=Slug(project))


async def test_people_of_a_project_block_for_their_own_project_only(story):
    """What one project cannot bear is not the business of its neighbours."""
    await projects.add(story.house.gate, "lathe", "Lathe", by=OPERATOR)
    ann = await story.principal(await story.appoint("ann", Office.SAFETY))

    await blocking.block(story.house.gate, story.bob.id, by=ann)

    assert await blocked(story, ANVIL)
    assert not await blocked(story, "lathe")


async def test_people_of_a_project_cannot_lift_what_the_operator_blocked(story):
    """Whoever answers for the whole gate decides for the whole gate."""
    ann = await story.principal(await story.appoint("ann", Office.OWNER))
    await blocking.block(story.house.gate, story.bob.id, by=OPERATOR)

    with pytest.raises(NotFound):
        await blocking.unblock(story.house.gate, story.bob.id, by=ann)

    assert await blocking.listing(story.house.gate, by=ann) == []
    assert await blocked(story, ANVIL)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("worse.example", "worse.example"),
        ("https://worse.example", "worse.example"),
        ("https://worse.example/", "worse.example"),
        ("https://worse.example/users/eve", "https://worse.example/users/eve"),
    ],
)
async def test_a_block_names_what_it_blocks(story, said, meant):
    """A block that matches nobody is a promise that is not kept."""
    assert await blocking.block(story.house.gate, said, by=OPERATOR) == meant
    assert await blocking.listing(story.house.gate, by=OPERATOR) == [meant]


@pytest.mark.parametrize("said", ["", "Worse.example", "worse.example.", "https://Worse.example/"])
async def test_what_can_match_nobody_is_refused(story, said):
    """Somebody who believes to be safe has to be."""
    with pytest.raises(Malformed):
        await blocking.block(story.house.gate, said, by=OPERATOR)

    assert await blocking.listing(story.house.gate, by=OPERATOR) == []
    assert await story.house.rows("blocks") == 0


async def test_lifting_a_block_opens_the_door_again(story):
    """Unblocking is one step, and takes effect at once."""
    await blocking.block(story.house.gate, story.bob.id, by=OPERATOR)

    await blocking.unblock(story.house.gate, story.bob.id, by=OPERATOR)
    await story.write("Hello again")

    assert story.bob.notes()


HOME = "village.example"


async def signed_in(story, who: Principal) -> tuple[str, str]:
    """Give somebody a session, and a link for another one."""
    gate = story.house.gate
    used, waiting = [(await access.make_link(gate, who)).rpartition("/")[2] for _ in range(2)]
    cookie = await access.use_link(gate, used)
    assert cookie is not None
    return cookie, waiting


async def links(story) -> int:
    return sum([await story.house.rows(each) for each in ("signin_links", "export_links")])


@pytest.mark.parametrize("by", ["operator", "safety"])
async def test_everybody_of_a_blocked_server_is_signed_out(story, by):
    """Whoever is not listened to reads nothing here either; others stay, and so do we."""
    gate = story.house.gate
    await story.admit()
    await story.write("export")
    who = OPERATOR if by == "operator" else await from_elsewhere(story)
    stays = [
        await signed_in(story, each)
        for each in (OPERATOR, person(ActorId("https://vvillage.example/users/eve"), {}))
    ]
    cookie, waiting = await signed_in(story, person(story.bob.id, {}))
    assert await access.session(gate, cookie) is not None
    assert (await story.house.rows("sessions"), await links(story)) == (3, 4)

    await blocking.block(gate, HOME, by=who)

    assert await access.session(gate, cookie) is None
    assert await access.use_link(gate, waiting) is None
    assert (await story.house.rows("sessions"), await links(story)) == (2, 2)
    assert await access.session(gate, stays[0][0]) is not None
    assert await access.use_link(gate, stays[1][1]) is not None


async def from_elsewhere(story) -> Principal:
    """Appoint a safety contact who lives elsewhere."""
    sam, gate = ActorId("https://safe.example/users/sam"), story.house.gate
    async with gate.database.transaction() as tx:
        await maintainers.add(tx, ANVIL, sam, office=Office.SAFETY, now=gate.clock())
    return await access.maintainer(gate, sam)


@pytest.mark.parametrize("where", ["operator", "anvil"])
async def test_the_home_of_somebody_who_works_here_is_not_blocked(story, where):
    """The project would not hear its own people any more, and they would be signed out."""
    gate = story.house.gate
    mara = await story.principal(await story.appoint("mara", Office.MAINTAINER))
    cookie, _ = await signed_in(story, mara)
    by = OPERATOR if where == "operator" else mara
    before = await whole(story)

    with pytest.raises(Conflict) as refusal:
        await blocking.block(gate, HOME, by=by)

    assert refusal.value.code == "home-of-maintainer"
    assert "works for anvil lives at village.example" in refusal.value.sentence
    assert await whole(story) == before
    assert await access.session(gate, cookie) is not None
    await projects.dismiss(gate, ANVIL, ActorId(mara.name), by=OPERATOR)
    assert await blocking.block(gate, HOME, by=OPERATOR) == HOME


async def test_who_works_for_another_project_stays_signed_in(story):
    """A project decides for itself alone, and signs nobody out of their work elsewhere."""
    gate = story.house.gate
    await projects.add(gate, "lathe", "Lathe", by=OPERATOR)
    lena = story.village.settle("lena")
    await projects.appoint(gate, "lathe", lena.id, Office.OWNER, by=OPERATOR)
    cookie, _ = await signed_in(story, await story.principal(lena))

    await blocking.block(gate, HOME, by=await from_elsewhere(story))

    assert await access.session(gate, cookie) is not None
