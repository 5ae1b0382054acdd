"""What has ended along links is forgotten in time, and nothing revoked comes back by that."""

from gates import NOON
from linked import given
from story import ANVIL

from forgefed_gate.domain.capabilities import BURIED_FOR, LONGEST_GRANT, Allows, Capability
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import DAY, ActorId, GrantId, Millis, later
from forgefed_gate.domain.links import State
from forgefed_gate.domain.roles import Role
from forgefed_gate.services.tidy import tidy
from forgefed_gate.store import delegations, grants
from forgefed_gate.store.delegations import Kept

PROJECT = ActorId("https://gate.example/projects/anvil")
TEAM = ActorId("https://coop.example/teams/smiths")
BOB = ActorId("https://village.example/users/bob")
SOON = later(NOON, 10 * DAY)
LATE = later(NOON, 186 * DAY)


async def keep(story, name, issuer=TEAM, target=BOB, *, link=None, revoked=None, **said):
    """Keep a Grant that ends in ten days; it may have been taken back on some day."""
    ours, id_ = issuer == PROJECT, GrantId(f"{issuer}/grants/{name}")
    more = {"role": Role.REPORT, "allows": Allows.INVOKE, "context": PROJECT, "ends_at": SOON}
    grant = Capability(
        id=id_, actor=issuer, target=target, starts_at=NOON, **(more | said)  # type: ignore[arg-type] - a test's own words
    )  # fmt: skip
    async with story.house.gate.database.transaction() as tx:
        kept = Kept(house=ANVIL, grant=grant, ours=ours, link=link)
        await delegations.add(tx, [kept], now=NOON)
        if revoked is not None:
            await delegations.revoke(tx, ANVIL, [id_], now=revoked)
    return id_


async def bury(story, *names, now=NOON):
    async with story.house.gate.database.transaction() as tx:
        await delegations.bury(tx, names, issuer=TEAM, now=now)


async def left(story, day):
    """Tidy on some day, and name the Grants that are left."""
    story.house.clock.now = later(NOON, day * DAY)
    await tidy(story.house.gate)
    async with story.house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT id FROM delegations")
    return sorted(str(row["id"]).rpartition("/")[2] for row in rows)


async def test_a_grant_goes_a_month_after_its_end_whosever_it_was(story):
    """What was held, what was said to follow from ours, and what we passed on ourselves."""
    root = await keep(story, "a-root", PROJECT, TEAM, allows=Allows.DISTRIBUTE)
    await keep(story, "b-leaf", delegates=root)
    await keep(story, "c-stands", delegates=GrantId("far"), ends_at=later(NOON, 80 * DAY))
    await keep(story, "d-passed", PROJECT, BOB, delegates=GrantId("held"))
    assert await left(story, 39) == ["a-root", "b-leaf", "c-stands", "d-passed"]
    assert await left(story, 41) == ["c-stands"]


async def test_a_grant_that_was_revoked_goes_a_month_later_while_its_name_stays(story):
    """It never comes back: what only ended with its link has no name to be known by, and stays."""
    buried = await keep(story, "a-buried", ends_at=LATE)
    await keep(story, "b-with-its-link", revoked=NOON, ends_at=LATE)
    await keep(story, "c-ours", PROJECT, TEAM, revoked=NOON, ends_at=LATE)
    await bury(story, buried)

    assert await left(story, 29) == ["a-buried", "b-with-its-link", "c-ours"]
    assert await left(story, 31) == ["b-with-its-link"]
    assert await story.house.rows("buried_grants") == 1
    assert await left(story, 215) == ["b-with-its-link"]
    assert await left(story, 217) == []


async def test_what_something_that_stands_refers_to_stays_with_it(story):
    """A Grant that we passed on would look as if nothing above it had ended."""
    held = await keep(story, "a-held", TEAM, PROJECT, allows=Allows.DISTRIBUTE)
    passed = await keep(
        story, "b-passed", PROJECT, BOB, delegates=held, ends_at=later(NOON, 90 * DAY)
    )
    assert await left(story, 60) == ["a-held", "b-passed"]

    async with story.house.gate.database.transaction() as tx:
        await delegations.revoke(tx, ANVIL, [passed], now=story.house.clock.now)
    assert await left(story, 91) == []


async def test_the_leave_that_a_member_took_back_counts_as_long_as_they_are_one(story):
    """Forgotten, it would be as if they had never said no."""
    said = {"role": None, "context": BOB}
    await keep(story, "a-first", BOB, PROJECT, **said)
    await keep(story, "b-taken-back", BOB, PROJECT, revoked=NOON, **said)
    membership = Grant(
        id=GrantId(f"{PROJECT}/grants/direct"),
        project=ANVIL,
        target=BOB,
        role=Role.REPORT,
        charter="",
        starts_at=NOON,
        ends_at=later(NOON, 90 * DAY),
    )
    async with story.house.gate.database.transaction() as tx:
        await grants.add(tx, membership, document="{}")

    assert await left(story, 89) == ["b-taken-back"]
    assert await left(story, 91) == []


async def test_the_leave_that_an_open_link_rests_on_stays(story):
    """However long ago it ended: the link says when that matters."""
    link = await given(story, State.ACTIVE)
    leave = await keep(story, "leave", TEAM, PROJECT, role=None, context=TEAM, revoked=NOON)
    await bury(story, leave)
    async with story.house.gate.database.transaction() as tx:
        await tx.run(
            "UPDATE links SET delegate = :id, ends_at = :late WHERE code = :code",
            id=leave,
            late=LATE,
            code=link.code,
        )
    assert await left(story, 90) == ["leave"]


async def all_links(story, day):
    await left(story, day)
    return await story.house.rows("links")


async def test_a_link_goes_half_a_year_after_its_end(story):
    """Our people see until then with whom they were linked; one that is open is never old."""
    await given(story, State.ENDED)
    await given(story, State.ASKED, code="BBBBB", name="others")
    async with story.house.gate.database.transaction() as tx:
        far = later(NOON, 1_000 * DAY)
        await tx.run("UPDATE links SET ends_at = :far WHERE state <> 'ended'", far=far)
    assert await all_links(story, 179) == 2
    assert await all_links(story, 181) == 1


async def test_a_link_stays_while_something_hangs_on_it(story):
    """A Grant that is still kept, or somebody who came by it and waits."""
    link = await given(story, State.ENDED)
    held = await keep(story, "held", link=link.code, revoked=NOON, ends_at=LATE)
    assert await all_links(story, 200) == 1
    await story.knock()
    async with story.house.gate.database.transaction() as tx:
        await tx.run("DELETE FROM delegations WHERE id = :id", id=held)
        await tx.run("UPDATE knocks SET via = :code, stage = 'asked'", code=link.code)
    assert await all_links(story, 201) == 1

    async with story.house.gate.database.transaction() as tx:
        await tx.run("UPDATE knocks SET stage = 'withdrawn'")
    assert await all_links(story, 202) == 0


async def test_a_buried_name_outlasts_whatever_bore_it(story):
    """A Grant that came or never came: both have ended when we forget that it was revoked."""
    await given(story, State.ACTIVE)
    never = GrantId(f"{TEAM}/grants/never-came")
    await bury(story, never)
    assert LONGEST_GRANT + DAY < BURIED_FOR
    await left(story, 187)
    assert await story.house.rows("buried_grants") == 1
    await left(story, 189)
    assert await story.house.rows("buried_grants") == 0


async def test_a_grant_from_before_there_was_a_longest_one_keeps_its_name_buried(story):
    """It was taken when it could last for years, and it is not believed for one more day."""
    long = await keep(story, "long", ends_at=Millis(NOON + 400 * DAY))
    await bury(story, long)
    assert await left(story, 300) == ["long"]
    assert await story.house.rows("buried_grants") == 1
    assert await left(story, 431) == []
    assert await story.house.rows("buried_grants") == 0
