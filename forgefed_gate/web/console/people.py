"""The page about one person: what they may do, by which chain, and what would end with it."""

from starlette.responses import Response

from forgefed_gate.domain.errors import NotFound
from forgefed_gate.domain.ids import Slug
from forgefed_gate.domain.intents import Revoke
from forgefed_gate.services import public, why
from forgefed_gate.services.why import Why
from forgefed_gate.web.console.room import Visit, page, perform


async def show(visit: Visit) -> Response:
    """Show where somebody stands, to those who may grant and may see who it is."""
    found = await _explained(visit)
    front = await public.front(visit.gate, found.house.slug)
    return page(visit, "console/person.html", found=found, front=front)


async def _explained(visit: Visit) -> Why:
    slug = Slug(visit.names["slug"])
    who = why.whose_page(visit.gate, slug, visit.names["person"])
    return await why.explain(visit.gate, slug, who, by=visit.by)


async def _revoke(visit: Visit) -> Response:
    """Revoke one of the Grants that are shown here, and no other one."""
    found, grant = await _explained(visit), visit.form.get("grant", "")
    if grant not in {step.revoke for way in found.ways for step in way.steps}:
        raise NotFound("grant-unknown", "There is no such Grant here.")
    return await perform(visit, Revoke(grant=grant))


ACTS = {"revoke": _revoke}
