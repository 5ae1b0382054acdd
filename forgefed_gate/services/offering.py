"""Trackers elsewhere: whose they are, and what our people offer to them."""

from dataclasses import dataclass

from forgefed_gate.domain.errors import NotFound
from forgefed_gate.domain.ids import ActorId, Slug, origin
from forgefed_gate.domain.offers import OfferTicket
from forgefed_gate.domain.roles import Act, Principal
from forgefed_gate.domain.words import tickets as words
from forgefed_gate.protocol import fields
from forgefed_gate.protocol import tickets as written
from forgefed_gate.services import fetching, people, review
from forgefed_gate.services.gate import Gate

PATCHES = "PatchTracker"
TRACKS = {
    "TicketTracker": ("tracksTicketsFor", "ticketsTrackedBy"),
    PATCHES: ("tracksPatchesFor", "sendPatchesTo"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracker:
    """A tracker elsewhere: whose it is, and whom one talks with about what lies there."""

    id: ActorId
    owner: ActorId
    desk: ActorId
    takes_patches: bool


async def find(gate: Gate, url: str) -> Tracker:
    """
    Find out whose a tracker is; each has to name the other, so that nothing goes astray.

    Gates have a desk that people talk with; elsewhere it is the tracker itself.
    """
    document = await fetching.document_by_id(gate, url)
    tracker = await people.remember(gate, document)
    kind = next((kind for kind in TRACKS if kind in fields.kinds(document)), "")
    named = TRACKS.get(kind)
    owner = fields.optional(document, named[0]) if named else ""
    if named is None or not owner:
        raise NotFound("not-a-tracker", words.not_a_tracker(tracker.handle))
    project = await fetching.document_by_id(gate, owner)
    if fields.optional(project, named[1]) != tracker.actor:
        raise NotFound("not-its-tracker", words.not_its_tracker(tracker.handle))
    await people.remember(gate, project)
    desk = fields.optional(project, "desk")
    if desk and origin(desk) != origin(owner):
        raise NotFound("not-its-tracker", words.not_its_tracker(tracker.handle))
    if desk:
        desk = (await people.refresh(gate, ActorId(desk))).actor
    return Tracker(
        id=tracker.actor,
        owner=ActorId(owner),
        desk=ActorId(desk or tracker.actor),
        takes_patches=kind == PATCHES,
    )


async def offer(
    gate: Gate,
    house: Slug,
    url: str,
    *,
    title: str,
    text: str,
    patch: bytes | None = None,
    by: Principal,
    via: str,
) -> OfferTicket:
    """Offer something to a tracker elsewhere, as the desk of one of our teams."""
    by.must(Act.TALK, house)
    change = "" if patch is None else written.read_patch(patch)
    written.require_sendable(text, change)
    there = await find(gate, url)
    act = OfferTicket(
        project=house,
        tracker=there.id,
        owner=there.owner,
        desk=there.desk,
        takes_patches=there.takes_patches,
        offer=gate.places.activity(gate.places.desk(house), gate.token()),
        title=title,
        text=text,
        patch=change,
    )
    await review.act(gate, act, by=by, via=via)
    return act
