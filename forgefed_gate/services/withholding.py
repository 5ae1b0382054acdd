"""Private words that do not go to a server which would show them around: a notice goes instead."""

import asyncio
import json
import logging
from http import HTTPStatus

from forgefed_gate.domain.errors import Refusal, TryLater, Unreachable
from forgefed_gate.domain.ids import DAY, HOUR, authority_of, later, origin
from forgefed_gate.domain.leaks import Software, known_leak
from forgefed_gate.domain.words import withholding as words
from forgefed_gate.protocol import frontdoor, nodeinfo, render
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.wire import write_json
from forgefed_gate.services.blocklist import refuse_blocked_host
from forgefed_gate.services.gate import Gate, Letter
from forgefed_gate.store import software as store
from forgefed_gate.store.software import Known

log = logging.getLogger(__name__)

BELIEVED_FOR = DAY
SILENT_FOR = HOUR
"""After so long we ask a server again that did not say what it runs."""
PATIENCE = 5.0
"""Seconds for both questions, so that a server which answers none delays its own mail alone."""
MOST_REMEMBERED = 10_000
JSON = "application/json"


async def body_of(gate: Gate, letter: Letter) -> bytes:
    """
    Give what is sent of a letter: all of it, or a notice in place of its private words.

    This is asked each time that it is about to go out, so that what waits, or is tried
    again, is judged by what is known then.
    """
    document: JsonObject = json.loads(letter.body)
    if letter.care.ours or not render.is_private(document) or not await leaks(gate, letter.inbox):
        return letter.body
    page = letter.care.page or f"{gate.places.base_url}/mine"
    changed = document["type"] == "Update"
    text = words.withheld_again(page) if changed else words.withheld(page)
    return write_json(render.withheld(document, text))


async def leaks(gate: Gate, inbox: str) -> bool:
    """Say whether private words had better not go to *inbox*: the operator's word comes first."""
    host = authority_of(inbox)
    if host in gate.settings.notice_only:
        return True
    if host in gate.settings.words_anyway:
        return False
    runs = await software_of(gate, origin(inbox))
    return known_leak(runs, nodeinfo.leaking()) is not None


async def software_of(gate: Gate, server: str) -> Software:
    """
    Say what the server at the origin *server* runs, asking it once a day at most.

    One that does not say is asked again after an hour, and is what it last said it was.
    """
    async with gate.memory.asking_software.setdefault(server, asyncio.Lock()):
        known = await _known(gate, server)
        if known is None or not known.asked_at <= gate.clock() < known.until:
            known = await _renewed(gate, server, known)
        return known.software


async def _known(gate: Gate, server: str) -> Known | None:
    known = gate.memory.software.get(server)
    if known is None:
        async with gate.database.snapshot() as tx:
            known = await store.find(tx, server)
    return known


async def _renewed(gate: Gate, server: str, known: Known | None) -> Known:
    """Ask, and remember what was said, or that nothing was."""
    now = gate.clock()
    said = await _ask(gate, server)
    believed = BELIEVED_FOR if said is not None else SILENT_FOR
    before = known.software if known else Software()
    found = Known(software=said or before, asked_at=now, until=later(now, believed))
    try:
        async with gate.at_leisure, gate.database.transaction() as tx:
            await store.save(tx, server, found)
    except TryLater:
        log.warning("storage does not answer; what a server runs is asked again")
    memory = gate.memory.software
    memory[server] = found
    if len(memory) > MOST_REMEMBERED:
        del memory[next(iter(memory))]
    return found


async def _ask(gate: Gate, server: str) -> Software | None:
    try:
        async with asyncio.timeout(PATIENCE):
            listed = await _document(gate, f"{server}{nodeinfo.WELL_KNOWN}")
            return nodeinfo.software(await _document(gate, nodeinfo.where(listed, server=server)))
    except (Refusal, TimeoutError):
        return None


async def _document(gate: Gate, url: str) -> JsonObject:
    frontdoor.canonical_url(url, addressing=gate.addressing)
    await refuse_blocked_host(gate, url)
    answer = await gate.outbound.get(url, {"Accept": JSON})
    if answer.status != HTTPStatus.OK:
        raise Unreachable("missing", "The server does not say what it runs.")
    return frontdoor.read_json(answer.body)
