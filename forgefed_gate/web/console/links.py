"""The links of a project or team: what one would bring, and beginning, resting and ending it."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from forgefed_gate.domain.capabilities import LONGEST_GRANT
from forgefed_gate.domain.errors import unknown
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.ids import DAY, Slug, later
from forgefed_gate.domain.intents import PauseLink, Unlink
from forgefed_gate.domain.links import Link, Peer
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import Act, Role, read_role
from forgefed_gate.services import teams
from forgefed_gate.services.teams import USUAL_CAP, USUAL_DAYS, LinkView, Wanted
from forgefed_gate.web import forms
from forgefed_gate.web.console.room import Visit, done, page, perform

VIA = "console"
UNCLEAR = {
    Kind.PROJECT: (Peer.CHILD, Peer.PARENT),
    Kind.TEAM: (Peer.SUBTEAM, Peer.OVER),
}
"""What somebody may have to say of the other side, since it does not follow from what they are."""
LONGEST_LINK = LONGEST_GRANT // DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What the page of a project or team says of its links."""

    links: Sequence[LinkView]
    may_link: bool
    kinds: Sequence[str]
    roles: Sequence[str]
    usual_days: int = USUAL_DAYS
    usual_cap: int = USUAL_CAP
    longest: int = LONGEST_LINK


async def section(visit: Visit, house: Project) -> Section | None:
    """Gather what is known of the links, for those whose office includes letting one rest."""
    if not visit.by.may(Act.GRANT, house.slug):
        return None
    return Section(
        links=await teams.listing(visit.gate, house.slug, by=visit.by),
        may_link=visit.by.may(Act.LINK, house.slug),
        kinds=[kind.value for kind in UNCLEAR[house.kind]],
        roles=[role.word for role in Role if role >= Role.REPORT],
    )


async def _foresee(visit: Visit) -> Response:
    """Show what a link would bring, before anybody confirms it."""
    wanted = await _wanted(visit)
    foreseen = await teams.foresee(visit.gate, wanted, by=visit.by)
    return page(
        visit,
        "console/link.html",
        project=wanted.house,
        foreseen=foreseen,
        said=foreseen.outlook(wanted.house.name),
    )


async def _link(visit: Visit) -> Response:
    wanted = await _wanted(visit)
    decision = await teams.link(visit.gate, wanted, by=visit.by, via=VIA)
    return done(visit, decision.reason)


async def _wanted(visit: Visit) -> Wanted:
    """Read what link somebody wants; what they leave open is as it was asked for, or as usual."""
    form, slug = visit.form, _slug(visit)
    visit.by.must(Act.LINK, slug)
    kind, role = form.get("kind", ""), form.get("role", "")
    return await teams.wanted(
        visit.gate,
        slug,
        form.get("who", "").strip(),
        by=visit.by,
        kind=teams.read_kind(kind) if kind else None,
        role=read_role(role) if role else None,
        ends_at=later(visit.gate.clock(), forms.days(form) * DAY) if form.get("days") else None,
        cap=forms.cap(form) if form.get("cap") else USUAL_CAP,
    )


async def _unlink(visit: Visit) -> Response:
    return await perform(visit, Unlink(link=(await _named(visit)).code))


async def _pause(visit: Visit) -> Response:
    return await perform(visit, PauseLink(link=(await _named(visit)).code, paused=True))


async def _resume(visit: Visit) -> Response:
    return await perform(visit, PauseLink(link=(await _named(visit)).code, paused=False))


async def _named(visit: Visit) -> Link:
    """Find the link of this house that a form names; raises `NotFound` for any other."""
    code = visit.form.get("link", "")
    found = await teams.listing(visit.gate, _slug(visit), by=visit.by)
    link = next((each.link for each in found if each.link.code == code), None)
    if link is None:
        raise unknown("link", code)
    return link


def _slug(visit: Visit) -> Slug:
    return Slug(visit.names["slug"])


ACTS = {
    "foresee-link": _foresee,
    "link": _link,
    "pause-link": _pause,
    "resume-link": _resume,
    "unlink": _unlink,
}
