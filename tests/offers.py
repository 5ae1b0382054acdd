"""Issues and merge requests as forges offer them, and what comes of it."""

from typing import Any

from gates import House
from senders import Sender, act, activity, admitted, outcome, send

from forgefed_gate.domain.ids import Slug, ThreadId
from forgefed_gate.domain.intents import Invite
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.domain.threads import Thread
from forgefed_gate.protocol import jsonld
from forgefed_gate.services import people, views

ANVIL = Slug("anvil")
TITLE, TEXT = "Crash when the input file is empty", "Run anvil on an empty file."
PATCH = "From 1111111 Mon Sep 17 00:00:00 2001\nFrom: Bob\n---\n-  old line\n+  new line\n"


def tracker(house: House, kind: str = "tickets") -> str:
    """Name a tracker of the project."""
    return f"https://gate.example/{kind}/anvil"


def offer(who: Sender, to: str, *, changes: Any = None, **overrides: Any) -> dict[str, Any]:
    """Write an Offer as ForgeFed has it."""
    ticket: dict[str, Any] = {
        "type": "Ticket",
        "attributedTo": who.id,
        "summary": TITLE,
        "content": f"<p>{TEXT}</p>",
        "mediaType": "text/html",
    }
    if changes is not None:
        ticket["attachment"] = [{"type": "Offer", **changes}]
    return activity(who, "Offer", to=[to], target=to, object=ticket) | overrides


def bundle(who: Sender, *patches: str) -> dict[str, Any]:
    """Write what a merge request holds: a branch, and its patches, the latest first."""
    return {
        "origin": {"type": "Branch", "context": f"{who.peer.base}/anvil", "ref": "refs/heads/fix"},
        "object": {
            "type": "OrderedCollection",
            "totalItems": len(patches),
            "orderedItems": [
                {
                    "type": "Patch",
                    "attributedTo": who.id,
                    "mediaType": "application/x-git-patch",
                    "content": patch,
                }
                for patch in patches
            ],
        },
    }


async def bring(house: House, who: Sender, document: Any) -> None:
    """Bring an Offer, and do all that follows."""
    assert outcome(await send(house, who, document, to=document["target"])) == (202, "")
    await house.work()


async def grant_of(house: House, who: Sender, *, role: Role = Role.REPORT) -> str:
    """Let somebody become a member, and give the id of their Grant."""
    if role is Role.REPORT:
        await admitted(house, who)
    else:
        await people.look_up(house.gate, who.id)
        await act(house, Invite(project=ANVIL, who=who.id, role=role, days=30))
        invite = answers(who, "Invite")[-1]
        project = house.gate.places.project(ANVIL)
        await send(house, who, activity(who, "Accept", object=invite["id"]), to=project)
        await house.work()
    found = await views.grant_list(house.gate, ANVIL, by=OPERATOR)
    return next(each.grant.id for each in found if each.grant.target == who.id)


def answers(who: Sender, kind: str) -> list[dict[str, Any]]:
    """List what of one type came to somebody."""
    return [each for each in who.told if each["type"] == kind]


async def words_of(house: House, thread: str) -> list[str | None]:
    """Read all that was said in a conversation."""
    seen = await views.thread(house.gate, ThreadId(thread), by=OPERATOR)
    return [message.words for message in seen.messages]


async def threads_of(house: House) -> list[Thread]:
    """List the conversations of the project."""
    return [each.thread for each in await views.thread_list(house.gate, ANVIL, by=OPERATOR)]


async def rejected(house: House, who: Sender, said: dict[str, Any], code: str) -> None:
    """Bring an Offer that is refused: nothing is kept of it but that it came."""
    kept = ("threads", "messages", "revisions", "tickets", "knocks", "grants")
    before = {table: await house.rows(table) for table in kept}
    told = len(who.told)
    await bring(house, who, said)
    assert {table: await house.rows(table) for table in kept} == before
    [answer] = who.told[told:]
    assert (answer["type"], answer["object"]) == ("Reject", said["id"])
    assert answer["summary"]
    assert "result" not in answer
    jsonld.means_the_same(answer)
    async with house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT reason FROM record WHERE subject = :id", id=said["id"])
    assert [row["reason"] for row in rows] == [code]
