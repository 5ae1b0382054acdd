"""Issues and merge requests that our people offer elsewhere."""

from argparse import ArgumentParser
from pathlib import Path

from forgefed_gate.cli.verbs import (
    VIA,
    Answer,
    Call,
    Verb,
    command,
    on_gate,
    read,
    slug,
    text,
    words_of,
)
from forgefed_gate.domain.ids import Slug
from forgefed_gate.services import offering

PATCH_NAMES = "Your patch went along as it stands: whoever reads it reads who wrote it, and when."


async def offer(call: Call) -> Answer:
    """Offer an issue, or a merge request, to a tracker elsewhere."""
    asked = call.asked
    house = Slug(asked.slug)
    act = await offering.offer(
        call.gate,
        house,
        asked.tracker,
        title=asked.title,
        text=words_of(asked),
        patch=read(asked.patch) if asked.patch else None,
        by=call.by,
        via=VIA,
    )
    return Answer(
        document={"id": act.offer, "project": house, "tracker": act.tracker},
        lines=(
            f"“{act.title}” was offered to {act.tracker}, by the Grant of your link with them.",
            *([PATCH_NAMES] if act.patch else []),
            f"What they answer stands in its conversation: {command(asked)} threads list {house}",
        ),
    )


def _tracker(parser: ArgumentParser) -> None:
    parser.add_argument("tracker", metavar="TRACKER", help="the URL of the tracker's actor")


def _patch(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--patch",
        metavar="FILE",
        type=Path,
        help="a change, as “git format-patch --stdout” writes it",
    )


def _title(parser: ArgumentParser) -> None:
    parser.add_argument("--title", metavar="T", required=True, help="its title, in one line")


VERBS = (
    Verb(
        words="ticket offer",
        does="Offer an issue, or a change, to a project elsewhere that your team is linked with.",
        example="ticket offer friends https://gate.example/tickets/anvil --title Crash It fails.",
        run=on_gate(offer),
        takes=(slug, _tracker, _title, _patch, text),
    ),
)
