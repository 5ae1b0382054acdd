"""Where one person stands: what they may do, by which chain, and what would end with it."""

from forgefed_gate.cli.tables import indented, plain
from forgefed_gate.cli.verbs import Answer, Call, Verb, command, find_actor, on_gate, slug, who
from forgefed_gate.domain.ids import Millis, Slug
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import day, iso
from forgefed_gate.services import why
from forgefed_gate.services.references import Reference
from forgefed_gate.services.views import Who
from forgefed_gate.services.ways import Through
from forgefed_gate.services.why import Step, Way, Why


async def explain(call: Call) -> Answer:
    """Say what somebody may do here, and why."""
    actor = await find_actor(call.gate, call.asked.who)
    found = await why.explain(call.gate, Slug(call.asked.slug), actor, by=call.by)
    return Answer(document=_document(found), lines=tuple(_lines(call, found)))


def _lines(call: Call, found: Why) -> list[str]:
    lines = [found.said]
    if found.offices:
        lines.append(found.in_office)
    if not found.ways:
        lines.append(found.why_not)
    for way in found.ways:
        lines += ["", *_of_way(call, way)]
    return [*map(plain, lines), "", found.stays]


def _of_way(call: Call, way: Way) -> list[str]:
    lines = [way.why_not] if way.why_not else []
    for number, step in enumerate(way.steps, start=1):
        lines.append(f"{number}. {step.said} {step.stands}")
        if step.if_ended:
            lines += indented(step.if_ended)
        if step.revoke:
            lines += indented(f"{command(call.asked)} grants revoke {step.revoke}")
    return lines


def _document(found: Why) -> JsonObject:
    way = found.way
    ends_at = iso(way.ends_at) if way is not None and way.granted else None
    offices: list[Json] = [*found.offices]
    ways: list[Json] = [_way(each) for each in found.ways]
    return {
        "project": found.house.slug,
        "who": _who(found.who),
        "stands": found.stands.value,
        "said": found.said,
        "role": way.role.word if way is not None and way.role else None,
        "ends_at": ends_at,
        "why_not": found.why_not or None,
        "offices": offices,
        "ways": ways,
        "stays": found.stays,
    }


def _way(way: Way) -> JsonObject:
    judged = way.judged
    chain: list[Json] = [_step(step) for step in way.steps]
    return {
        "holds": judged.granted,
        "flaw": judged.flaw.value if judged.flaw else None,
        "failed": judged.failed + 1 if judged.flaw else None,
        "why_not": way.why_not or None,
        "chain": chain,
    }


def _step(step: Step) -> JsonObject:
    grant = step.grant
    return {
        "id": grant.id,
        "giver": _who(step.giver),
        "holder": _who(step.holder),
        "role": grant.role.word if grant.role else None,
        "starts_at": iso(grant.starts_at),
        "ends_at": iso(grant.ends_at),
        "seen_at": iso(step.seen_at) if step.seen_at is not None else None,
        "link": step.link,
        "revoke": step.revoke,
        "if_ended": step.if_ended or None,
    }


def _who(who: Who) -> JsonObject:
    return {"id": who.actor, "handle": who.handle}


def shown(reference: Reference | None) -> Json:
    """Describe what somebody showed of a Grant from elsewhere, as whoever asks may know it."""
    if reference is None:
        return None
    return {
        "said": reference.said,
        "proves_not": reference.proves_not or None,
        "role": reference.role.word if reference.role else None,
        "starts_at": _moment(reference.starts_at),
        "ends_at": _moment(reference.ends_at),
        "looked_at": _moment(reference.looked_at),
        "doubt": reference.doubt.value if reference.doubt else None,
    }


def _moment(at: Millis | None) -> str | None:
    return None if at is None else iso(at)


def through(project: Slug, each: Through) -> JsonObject:
    """Describe, in the list of Grants, somebody who is in through a team."""
    leaf = each.way.chain[-1]
    grant, revoked = leaf.grant, leaf.revoked_at
    return {
        "id": grant.id,
        "project": project,
        "who": _who(each.who),
        "role": grant.role.word if grant.role else None,
        "state": each.state,
        "charter": each.charter,
        "starts_at": iso(grant.starts_at),
        "ends_at": iso(each.way.ends_at),
        "revoked_at": iso(revoked) if revoked is not None else None,
        "through": _who(each.team),
    }


def row(each: Through) -> tuple[str, ...]:
    """Show somebody who is in through a team as a row of the list of Grants."""
    grant = each.way.chain[-1].grant
    role = grant.role.word if grant.role else ""
    ends = day(each.way.ends_at)
    return each.who.handle, role, each.state, ends, each.team.handle, grant.id


VERBS = (
    Verb(
        words="grants why",
        does="Say what somebody may do, by which chain, until when, and what would end with it.",
        example="grants why @bob@mastodon.example anvil",
        run=on_gate(explain),
        takes=(who, slug),
    ),
)
