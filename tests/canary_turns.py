"""What else there is to do with words, while secrets are in them: others, files, and consent."""

import json
import re

import httpx2
from canaries import Hall, holds
from starlette.status import HTTP_200_OK, HTTP_410_GONE

from demo.village import Villager
from forgefed_gate.store import notebook


async def with_somebody(hall: Hall, bob: Villager, thread: str, *, theirs: str, beside: str):
    """Let bob agree to ann, and both write once."""
    ann = hall.village.settle("ann")
    asked = len(bob.notes())
    await hall.ask("threads", "add", thread, ann.id)
    await hall.come(bob, asked + 1)
    code = re.search(r"agree (\w{5})", bob.notes()[-1]["content"])
    assert code
    await hall.write(bob, f"agree {code[1]}")
    await hall.come(ann, 1)
    answer = await hall.village.write(bob, hall.desk, f"For ann too. {theirs}")
    assert answer.status == 202
    await hall.come(ann, 2)
    heard = len(bob.notes())
    answer = await hall.village.write(ann, hall.desk, f"From ann. {beside}")
    assert answer.status == 202
    await hall.come(bob, heard + 1)
    await hall.ask("threads", "parties", thread, shows=True)


async def with_consent(hall: Hall, bob: Villager, thread: str, *, public: str) -> None:
    """Publish one message of bob's by his yes, and nothing else of the conversation."""
    answer = await hall.village.write(bob, hall.desk, f"For everybody: {public}")
    assert answer.status == 202

    async def there() -> bool:
        return public in await hall.ask("threads", "show", thread, shows=True)

    await hall.until(there)
    shown = json.loads(await hall.ask("threads", "show", thread, "--json", shows=True))
    number = str(len(shown["messages"]))
    heard = len(bob.notes())
    words = ("publish", "propose", thread, "--title", "For everybody", "--message", number)
    await hall.ask(*words, shows=True)
    await hall.come(bob, heard + 1)
    code = re.search(r"consent (\w{5})", bob.notes()[-1]["content"])
    assert code
    await hall.write(bob, f"consent {code[1]}")
    [piece] = await hall.listed("publish", "list", "anvil")
    for path in (f"/@anvil/pieces/{piece['id']}", f"/desks/anvil/pieces/{piece['id']}"):
        assert holds(await hall.get(path), public)


async def taken_along(hall: Hall, bob: Villager, thread: str, *, theirs: str) -> None:
    """Write the conversation into a file and take it away, and get it by a link, once."""
    file = hall.config.parent / "taken.json"
    await hall.ask("threads", "export", thread, str(file))
    assert holds(file.read_bytes(), theirs)
    await hall.ask("verify", str(file))
    file.unlink()
    await hall.write(bob, "export")
    base = re.escape(hall.settings.base_url)
    link = re.search(rf"{base}/export/\w+", bob.notes()[-1]["content"])
    assert link
    await hall.get(link[0].removeprefix(hall.settings.base_url))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with httpx2.AsyncClient() as browser:
        given = await browser.post(link[0], headers=headers)
        again = await browser.post(link[0], headers=headers)
    assert given.status_code == HTTP_200_OK
    assert holds(given.content, theirs)
    hall.answers.append(again.content)
    assert again.status_code == HTTP_410_GONE


async def audited(hall: Hall) -> None:
    """Look at the audit log in every way, and tell a witness what it came to."""
    for words in (("audit", "list", "anvil"), ("audit", "verify"), ("audit", "checkpoint")):
        await hall.ask(*words)
    assert notebook.last(hall.settings.checkpoints)
    host = hall.settings.base_url.partition("://")[2]
    assert host.encode() in await hall.get("/audit/checkpoint")

    async def told() -> bool:
        return "/audit/witness" in {path for path, _ in hall.recorder.brought}

    await hall.until(told)
