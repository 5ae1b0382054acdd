"""The way to watch the demo: `python -m demo`, or with `--once` to end when the play ends."""

import argparse
import asyncio
from contextlib import suppress

from demo.play import PLAY
from demo.stage import ANVIL, Stage, set_stage
from forgefed_gate.domain.ids import MINUTE
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import access


async def main(*, once: bool = False) -> None:
    """Play all steps, and then leave everything open to be looked at."""
    async with set_stage() as stage:
        for number, step in enumerate(PLAY, start=1):
            await step.happens(stage)
            print(f"{number:2}. {step.sentence}", flush=True)
        if not once:
            print(await _what_to_look_at(stage), flush=True)
            await asyncio.Event().wait()


async def _what_to_look_at(stage: Stage) -> str:
    places = stage.gate.places
    link = await access.make_link(stage.gate, OPERATOR)
    minutes = access.LINK_LASTS // MINUTE
    return (
        "\nAll of it is still there to look at:\n"
        f"  What everybody sees   {places.page(ANVIL)}\n"
        f"  What the people see   {link} (works once, within {minutes} minutes)\n"
        f"  What Bob sees         {stage.village.base_url}/@{stage.bob.name}\n"
        "Ctrl-C ends it, and nothing is kept."
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end when the play has ended")
    with suppress(KeyboardInterrupt):
        asyncio.run(main(once=parser.parse_args().once))
