"""A gate and a peer for each kind of peer, and for each test a project that nobody knows yet."""

from collections.abc import Generator
from itertools import count

import pytest
from meetings import Meeting, Neighbour, OurGate, logs, open_gate, open_peer
from peers import PEERS

NUMBERS = count(1)
EACH = [pytest.param(kind, marks=pytest.mark.xdist_group(kind.name)) for kind in PEERS]
"""One core for each: a peer and its gate belong together."""


@pytest.fixture(scope="session", params=EACH, ids=lambda kind: kind.name)
def bob(request: pytest.FixtureRequest, tmp_path_factory) -> Generator[Neighbour]:
    """Let each kind of peer run in turn."""
    with open_peer(request.param, tmp_path_factory.mktemp("peer")) as opened:
        yield opened


@pytest.fixture(scope="session")
def gate(tmp_path_factory) -> Generator[OurGate]:
    """Let one gate serve for all of them, as gates do."""
    with open_gate(tmp_path_factory.mktemp("gate")) as opened:
        yield opened


@pytest.fixture
def meeting(gate: OurGate, bob: Neighbour) -> Meeting:
    """Open a project of its own for each test: what one leaves behind touches no other."""
    return meet(gate, bob)


@pytest.fixture
def another(gate: OurGate, bob: Neighbour) -> Meeting:
    """Open another project beside it."""
    return meet(gate, bob)


def meet(gate: OurGate, bob: Neighbour) -> Meeting:
    slug = f"anvil-{next(NUMBERS)}"
    gate.do("project", "add", slug, "--name", "Anvil")
    return Meeting(gate=gate, bob=bob, slug=slug)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport]:
    """Show with a failure what the two processes said."""
    report = yield
    if report.failed and "meeting" in item.funcargs:
        report.sections += logs(item.funcargs["meeting"])
    return report
