"""What an office is worth once it is gone, and what it leaves behind: nothing."""

import asyncio

import pytest
from story import ANVIL, HELLO, granted

from forgefed_gate.domain.errors import Conflict, Forbidden
from forgefed_gate.domain.ids import DAY, Millis
from forgefed_gate.domain.intents import Admit, Close, Decline, Invite, Revoke, Say
from forgefed_gate.domain.roles import OPERATOR, Office, Role
from forgefed_gate.domain.screening import Stage
from forgefed_gate.services import access, people, projects
from forgefed_gate.store import people as people_store
from forgefed_gate.store import threads


async def offered(story, by):
    """Let *by* invite bob, and give the Invite."""
    await people.resolve(story.house.gate, story.bob.id)
    invite = Invite(project=ANVIL, who=story.bob.id, role=Role.REPORT, days=30)
    await story.act(invite, by=by)
    return story.bob.of_type("Invite")[-1]


async def accepted(story, invite):
    """Let bob accept in both ways that there are, and give the stage of his first knock."""
    await story.deliver({"type": "Accept", "object": invite["id"]}, to=story.project)
    stage = (await story.knocks())[-1].knock.stage
    await story.write("I agree")
    return stage


async def test_an_invitation_that_was_taken_back_opens_nothing(story):
    """Whoever accepts it later is asked what everybody is asked."""
    invite = await offered(story, OPERATOR)
    await story.act(Decline(knock=(await story.knocks())[0].knock.id))
    assert "taken our invitation to Anvil back" in story.bob.notes()[-1]["content"]

    assert await accepted(story, invite) is Stage.WITHDRAWN

    assert await granted(story) == []
    assert story.bob.of_type("Grant") == []
    assert "What we ask of you" in story.bob.notes()[-1]["content"]


async def test_an_invitation_ends_after_thirty_days(story):
    """A kind word says how to ask again."""
    invite = await offered(story, OPERATOR)
    story.house.clock.pass_by(30 * DAY)

    assert await accepted(story, invite) is Stage.WITHDRAWN

    assert await granted(story) == []
    assert "so it has ended" in story.bob.notes()[-2]["content"]
    assert "What we ask of you" in story.bob.notes()[-1]["content"]


async def test_an_invitation_goes_with_the_office_of_who_made_it(story):
    """And only with theirs: what others offered stands."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    olga = await story.appoint("olga", Office.OWNER)
    carol = story.village.settle("carol")
    await story.invite(carol)
    invite = await offered(story, await story.principal(mara))

    await projects.dismiss(story.house.gate, ANVIL, mara.id, by=await story.principal(olga))
    await story.deliver({"type": "Accept", "object": invite["id"]}, to=story.project)

    stages = {view.knock.actor: view.knock.stage for view in await story.knocks()}
    assert stages == {story.bob.id: Stage.WITHDRAWN, carol.id: Stage.INVITED}
    assert await granted(story) == []


async def test_an_account_that_is_gone_leaves_no_office(story):
    """Whoever gets its name next is a stranger, in every project, even after the last owner."""
    gate, olga = story.house.gate, await story.appoint("olga", Office.OWNER)
    await projects.add(gate, "hammer", "Hammer", by=OPERATOR)
    await projects.appoint(gate, "hammer", olga.id, Office.OWNER, by=OPERATOR)
    by = await story.principal(olga)
    link = await access.make_link(gate, by)
    await access.use_link(gate, link.rpartition("/")[2])
    await access.make_link(gate, by)
    invite = await offered(story, by)

    await story.deliver({"type": "Delete", "object": olga.id}, by=olga)
    await story.deliver({"type": "Accept", "object": invite["id"]}, to=story.project)

    for table in ("maintainers", "sessions", "signin_links", "grants"):
        assert await story.house.rows(table) == 0
    async with gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT project FROM record WHERE act = 'DropOffices'")
    assert sorted(row["project"] for row in rows) == ["anvil", "hammer"]
    knock = await story.knock()
    before = await story.state()
    with pytest.raises(Forbidden):
        await story.act(Admit(knock=knock.knock.id), by=by)
    assert await story.state() == before


async def test_an_office_is_dropped_wherever_the_news_arrives(story):
    """Their server tells the one desk that it knows."""
    gate, olga = story.house.gate, story.village.settle("olga")
    await projects.add(gate, "hammer", "Hammer", by=OPERATOR)
    await projects.appoint(gate, "hammer", olga.id, Office.OWNER, by=OPERATOR)

    await story.deliver({"type": "Delete", "object": olga.id}, by=olga)

    assert await story.house.rows("maintainers") == 0


async def test_an_account_that_is_gone_takes_nobody_else_s_office(story):
    """A stranger's end is a stranger's end."""
    await story.appoint("olga", Office.OWNER)
    await story.write(HELLO)

    await story.deliver({"type": "Delete", "object": story.bob.id})

    assert await story.house.rows("maintainers") == 1
    async with story.house.gate.database.snapshot() as tx:
        assert await tx.rows("SELECT id FROM record WHERE act = 'DropOffices'") == []


async def test_an_office_counts_as_it_is_and_not_as_it_was(story):
    """A page that was open before the dismissal does nothing after it."""
    gate = story.house.gate
    mara = await story.appoint("mara", Office.OWNER)
    await story.appoint("olga", Office.OWNER)
    was = await story.principal(mara)
    knock = await story.knock()
    await projects.dismiss(gate, ANVIL, mara.id, by=OPERATOR)
    before, offices = await story.state(), await story.house.rows("maintainers")

    for refused in (
        story.act(Admit(knock=knock.knock.id), by=was),
        projects.appoint(gate, ANVIL, mara.id, Office.OWNER, by=was),
        projects.dismiss(gate, ANVIL, "@olga@village.example", by=was),
    ):
        with pytest.raises(Forbidden) as refusal:
            await refused
        assert refusal.value.code == "not-your-office"

    assert await story.state() == before
    assert await story.house.rows("maintainers") == offices


@pytest.mark.parametrize("verb", ["Update", "Delete"])
async def test_what_the_project_said_is_nobody_s_to_change(story, verb):
    """Not even for the maintainer who said it, from their own account."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    await story.admit()
    [view] = await story.threads()
    said = Say(thread=view.thread.id, text="See issue 3.")
    await story.act(said, by=await story.principal(mara))
    note = story.bob.notes()[-1]["id"]
    before, kept = await story.state(), await story.threads()

    inner = {"id": note, "type": "Note", "attributedTo": mara.id, "content": "Never mind."}
    await story.deliver({"type": verb, "object": inner}, by=mara)

    assert await story.state() == before
    assert await story.threads() == kept


async def test_a_conversation_is_read_once_nobody_else_can_change_it(story):
    """Two who close it at once: one does, and the other one is told so."""
    await story.admit()
    [view] = await story.threads()
    gate, thread = story.house.gate, view.thread.id
    before = await story.state()

    async with gate.database.transaction() as tx:
        await people_store.hold(tx, story.bob.id)
        second = asyncio.create_task(story.act(Close(thread=thread)))
        await asyncio.sleep(0.005)
        await threads.close(tx, thread, now=gate.clock())
    with pytest.raises(Conflict) as refusal:
        await second

    assert refusal.value.code == "already-closed"
    assert await story.state() == before


@pytest.mark.parametrize("ends", ["close", "revoke"])
async def test_whoever_blocked_us_is_let_go_in_silence(story, ends):
    """What ends something is done, and nothing is sent."""
    await story.admit()
    [view] = await story.threads()
    await story.deliver({"type": "Block", "object": story.desk})
    count, jobs = len(story.bob.came), await story.house.rows("jobs")
    act = Close(thread=view.thread.id) if ends == "close" else Revoke(grant=view.grant.id)

    await story.act(act)

    assert (len(story.bob.came), await story.house.rows("jobs")) == (count, jobs)


@pytest.mark.parametrize("act", ["admit", "invite"])
async def test_whoever_blocked_us_is_brought_in_by_nobody(story, act):
    """They would not hear of it."""
    knock = (await story.knock()).knock
    if act == "invite":
        await story.act(Decline(knock=knock.id))
    await story.deliver({"type": "Block", "object": story.desk})
    before = await story.state()

    with pytest.raises(Conflict) as refusal:
        await (story.invite(story.bob) if act == "invite" else story.act(Admit(knock=knock.id)))

    assert refusal.value.code == "hushed"
    assert await story.state() == before


async def ask(story):
    await story.write(HELLO)


async def invite(story):
    await story.invite(story.bob)


async def hold(story):
    await story.knock()


@pytest.mark.parametrize(
    ("begins", "days", "stage"),
    [
        (ask, 181, Stage.WITHDRAWN),
        (invite, 181, Stage.WITHDRAWN),
        (ask, 179, Stage.ASKED),
        (hold, 1_000, Stage.HELD),
    ],
)
async def test_a_question_that_nobody_answered_is_let_go(story, begins, days, stage):
    """Theirs to answer, for long: it is closed. Ours to answer: it waits."""
    await begins(story)
    gate = story.house.gate
    story.house.clock.pass_by(days * DAY)
    now, count = gate.clock(), len(story.bob.came)

    async with gate.database.transaction() as tx:
        await threads.close_unanswered(tx, before=Millis(now - 180 * DAY), now=now)

    assert (await story.knocks())[0].knock.stage is stage
    [view] = await story.threads()
    assert view.thread.closed is (stage is Stage.WITHDRAWN)
    assert len(story.bob.came) == count


async def test_a_question_that_they_still_talk_about_is_kept(story):
    """They wrote last week, only not yet the words that agree."""
    await story.write(HELLO)
    story.house.clock.pass_by(200 * DAY)
    await story.write("Sorry, I was away.")
    gate = story.house.gate

    async with gate.database.transaction() as tx:
        now = gate.clock()
        await threads.close_unanswered(tx, before=Millis(now - 180 * DAY), now=now)

    assert (await story.knocks())[0].knock.stage is Stage.ASKED
