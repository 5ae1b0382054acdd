"""The demo, step by step: what it tells people has to be what happens."""

import re

import pytest

from demo import pages
from demo.__main__ import main
from demo.play import PLAY
from demo.stage import set_stage


@pytest.mark.parametrize("step", PLAY, ids=lambda step: step.happens.__name__)
def test_a_step_is_told_in_one_sentence(step):
    """Whoever watches reads twelve lines and knows what the gate is for."""
    assert re.fullmatch(r"[A-Z][^.]*\.( [A-Z][^.]*\.)?", step.sentence)
    assert len(step.sentence) < 90


async def test_every_step_comes_true():
    """Each step asserts what its sentence says; Bob's page then shows all of it."""
    async with set_stage() as stage:
        for step in PLAY:
            await step.happens(stage)
        page = await stage.outside.get(f"{stage.village.base_url}/@bob", {})

    assert page.status == 200
    for words in ("May I help?", "I agree", "two calendars", "Welcome to Anvil", "send a patch"):
        assert words in page.body.decode(), words


async def test_once_tells_every_step_and_ends(capsys):
    """What is printed is the play, one line a step."""
    await main(once=True)

    told = capsys.readouterr().out.splitlines()
    assert told == [f"{n:2}. {step.sentence}" for n, step in enumerate(PLAY, start=1)]


def test_a_message_cannot_do_anything_to_the_mailbox():
    """What comes from elsewhere is shown as text."""
    evil = {"attributedTo": "x", "content": "<p>a&lt;b&gt; <script>alert(1)</script></p>"}

    shown = pages.mailbox("Bob", "me", [{"type": "Create", "object": evil}])

    assert "<script" not in shown
    assert "a&lt;b&gt;" in shown
