"""The projects that somebody works for, and the queue of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from starlette.responses import Response

from forgefed_gate.domain.charter import LONGEST_GRANT
from forgefed_gate.domain.errors import NotFound
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.ids import Slug
from forgefed_gate.domain.intents import Announce, Invite, Revoke
from forgefed_gate.domain.roles import Act, Principal, Role, read_role
from forgefed_gate.domain.screening import Stage
from forgefed_gate.services import people, public, safety, views, ways, why
from forgefed_gate.services.safety import Kept
from forgefed_gate.services.views import GrantView, KnockView, ReportView, ThreadView
from forgefed_gate.services.ways import Through
from forgefed_gate.web import forms
from forgefed_gate.web.console import links
from forgefed_gate.web.console.room import Visit, page, perform

MOST_OF_THE_PAST = 20
MOST_AT_ONCE = 50
"""People who are in through a team, on one page; the command line lists them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A project in the list, and how many knocks wait in it."""

    project: Project
    offices: str
    waiting: int | None


async def show_all(visit: Visit) -> Response:
    """Show the projects that somebody has an office in; the operator sees all."""
    found = await public.all_projects(visit.gate)
    mine = [each for each in found if visit.by.operator or each.slug in visit.by.offices]
    overviews = [await _overview(visit, project) for project in mine]
    return page(visit, "console/home.html", overviews=overviews)


async def _overview(visit: Visit, project: Project) -> Overview:
    waiting = None
    if visit.by.may(Act.SEE_KNOCKS, project.slug):
        found = await views.knock_list(visit.gate, project.slug, by=visit.by)
        waiting = sum(each.knock.stage is Stage.HELD for each in found)
    return Overview(project=project, offices=_offices(visit.by, project.slug), waiting=waiting)


def _offices(by: Principal, slug: Slug) -> str:
    if by.operator:
        return "operator"
    return ", ".join(sorted(office.value for office in by.offices[slug]))


async def show(visit: Visit) -> Response:
    """Show a project: what waits, who talks, who holds a Grant, as far as an office goes."""
    slug = _slug(visit)
    front = await public.front(visit.gate, slug)
    ceiling = visit.by.highest_grant(slug)
    return page(
        visit,
        "console/project.html",
        front=front,
        offices=_offices(visit.by, slug),
        knocks=await _knocks(visit, slug),
        threads=await _threads(visit, slug),
        grants=await _grants(visit, slug),
        through=await _through(visit, slug),
        most_at_once=MOST_AT_ONCE,
        page_of=partial(why.page_name, visit.gate, slug),
        reports=await _reports(visit, slug),
        evidence=await _evidence(visit, slug),
        section=await links.section(visit, front.project),
        may_announce=visit.by.may(Act.ANNOUNCE, slug),
        longest_grant=LONGEST_GRANT,
        may_talk=visit.by.may(Act.TALK, slug),
        roles=[role.word for role in Role if Role.REPORT <= role <= ceiling],
        most_of_the_past=MOST_OF_THE_PAST,
    )


def _slug(visit: Visit) -> Slug:
    """Name the project of this page; raises `NotFound` for whoever has no office in it."""
    slug = Slug(visit.names["slug"])
    if not visit.by.operator and slug not in visit.by.offices:
        raise NotFound("project-unknown", f"There is no project “{slug}” here.")
    return slug


async def _knocks(visit: Visit, slug: Slug) -> Sequence[KnockView] | None:
    if not visit.by.may(Act.SEE_KNOCKS, slug):
        return None
    return await views.knock_list(visit.gate, slug, by=visit.by)


async def _threads(visit: Visit, slug: Slug) -> Sequence[ThreadView]:
    if not visit.by.may(Act.TALK, slug):
        return ()
    found = await views.thread_list(visit.gate, slug, by=visit.by)
    return [each for each in found if each.knock is None or not each.knock.stage.open]


async def _grants(visit: Visit, slug: Slug) -> Sequence[GrantView] | None:
    if not visit.by.may(Act.GRANT, slug):
        return None
    return await views.grant_list(visit.gate, slug, by=visit.by)


async def _through(visit: Visit, slug: Slug) -> Sequence[Through]:
    if not visit.by.may(Act.GRANT, slug):
        return ()
    return await ways.listing(visit.gate, slug, by=visit.by, most=MOST_AT_ONCE)


async def _reports(visit: Visit, slug: Slug) -> Sequence[ReportView] | None:
    if not visit.by.may(Act.READ_REPORTS, slug):
        return None
    return await views.report_list(visit.gate, slug, by=visit.by)


async def _evidence(visit: Visit, slug: Slug) -> Sequence[Kept]:
    if not visit.by.may(Act.READ_REPORTS, slug):
        return ()
    return await safety.listing(visit.gate, slug, by=visit.by)


async def _open_evidence(visit: Visit) -> Response:
    """Open what is kept of somebody who was blocked: an act, since it is written down."""
    slug = _slug(visit)
    visit.by.must(Act.READ_REPORTS, slug)
    found = await safety.show(visit.gate, visit.form.get("evidence", ""), by=visit.by)
    front = await public.front(visit.gate, slug)
    return page(visit, "console/evidence.html", front=front, found=found)


async def _announce(visit: Visit) -> Response:
    return await perform(visit, Announce(project=_slug(visit), text=forms.words(visit.form)))


async def _invite(visit: Visit) -> Response:
    slug, form = _slug(visit), visit.form
    visit.by.must(Act.GRANT, slug)
    role, days = read_role(form.get("role", "")), forms.days(form)
    person = await people.resolve(visit.gate, form.get("who", "").strip())
    return await perform(visit, Invite(project=slug, who=person.actor, role=role, days=days))


async def _revoke(visit: Visit) -> Response:
    grant = visit.form.get("grant", "")
    if await ways.house_of(visit.gate, grant) != _slug(visit):
        raise NotFound("grant-unknown", "There is no such Grant here.")
    return await perform(visit, Revoke(grant=grant))


ACTS = {
    "announce": _announce,
    "invite": _invite,
    "open-evidence": _open_evidence,
    "revoke": _revoke,
    **links.ACTS,
}
