"""The pages of the console, and who may open them."""

from starlette.routing import Route

from forgefed_gate.services.gate import Gate


def routes(gate: Gate) -> list[Route]:
    """List the pages of the console."""
    del gate
    return []
