"""What is public of audit logs: what ours came to, and what others told us of theirs."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from forgefed_gate.domain.errors import NotFound
from forgefed_gate.protocol.httpsig import Delivery
from forgefed_gate.protocol.witnessing import LONGEST
from forgefed_gate.services import checkpoints, witness
from forgefed_gate.services.gate import Gate
from forgefed_gate.web import inbox
from forgefed_gate.web.documents import FOR_EVERYBODY, Endpoint
from forgefed_gate.web.rules import Door, Rule


def routes(gate: Gate) -> list[Door]:
    """List what everybody may read, and where a gate tells what its log came to."""
    return [
        Door("/audit/checkpoint", _checkpoint(gate), rule=Rule.EVERYBODY),
        Door("/audit/witnessed/{authority}", _witnessed(gate), rule=Rule.EVERYBODY),
        Door("/audit/witness", _witness(gate), rule=Rule.WITNESS, methods=["POST"]),
    ]


def _checkpoint(gate: Gate) -> Endpoint:
    async def answer(_: Request) -> Response:
        note = await checkpoints.latest(gate)
        if not note:
            raise NotFound("not-found", "There is nothing here.")
        return _note(note)

    return answer


def _witnessed(gate: Gate) -> Endpoint:
    async def answer(request: Request) -> Response:
        return _note(await witness.held_of(gate, request.path_params["authority"]))

    return answer


def _witness(gate: Gate) -> Endpoint:
    async def answer(request: Request) -> Response:
        scope = request.scope
        headers = inbox.headers_of(scope)
        delivery = Delivery(
            method=request.method,
            target=inbox.target_of(scope),
            headers=headers,
            body=await inbox.read_body(headers, request.receive, largest=LONGEST),
        )
        await witness.keep(gate, delivery, caller=inbox.caller_of(scope))
        return Response(status_code=HTTPStatus.OK)

    return answer


def _note(note: str) -> Response:
    return Response(
        note, media_type="text/plain", headers=FOR_EVERYBODY | {"Cache-Control": "no-cache"}
    )
