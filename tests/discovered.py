"""How servers and browsers find our actors: what they say they want, and what leads where."""

from typing import Any

import httpx2
from story import Story

GATE = "https://gate.example"
AS2 = "https://www.w3.org/ns/activitystreams"
MASTODON = (
    'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/'
    'activitystreams", text/html;q=0.1'
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def finger(story: Story, resource: str) -> httpx2.Response:
    """Ask WebFinger for a resource."""
    return await story.get(f"/.well-known/webfinger?resource={resource}")


def self_link(document: dict[str, Any]) -> dict[str, str]:
    """Give the link to the actor itself out of a WebFinger answer."""
    [link] = [link for link in document["links"] if link["rel"] == "self"]
    return link
