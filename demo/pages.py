"""What somebody on the village server sees in a browser: their own conversation."""

from collections.abc import Sequence
from html import escape
from typing import Any

from forgefed_gate.domain.ids import authority_of
from forgefed_gate.protocol.html import to_text

PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{name}’s mailbox</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto;
  padding: 0 1rem; color: #222; background: #fafafa; }}
article {{ white-space: pre-wrap; overflow-wrap: anywhere; background: #fff;
  border: 1px solid #ddd; border-radius: .5rem; padding: .75rem 1rem; margin: 1rem 3rem 1rem 0; }}
article.own {{ background: #eef4ff; border-color: #c4d6f5; margin: 1rem 0 1rem 3rem; }}
p.event {{ text-align: center; color: #555; }}
</style>
<h1>{name}’s mailbox</h1>
<p>Private messages on a small fediverse server. Reload to see what is new.</p>
{mail}
</html>
"""


def mailbox(name: str, me: str, mail: Sequence[dict[str, Any]]) -> str:
    """Show what *me* wrote and got, the oldest first, as text that can do nothing."""
    return PAGE.format(name=escape(name), mail="\n".join(_shown(each, me) for each in mail))


def _shown(activity: dict[str, Any], me: str) -> str:
    if activity["type"] != "Create":
        return f'<p class="event">{escape(_event(activity))}</p>'
    author = activity["object"]["attributedTo"]
    own = ' class="own"' if author == me else ""
    handle = escape(f"@{author.rpartition('/')[2]}@{authority_of(author)}")
    words = escape(to_text(activity["object"]["content"]))
    return f"<article{own}><b>{handle}</b>\n{words}</article>"


def _event(activity: dict[str, Any]) -> str:
    if activity["type"] == "Grant":
        return f"A Grant came: the role “{activity['object']}”, until {activity['endTime'][:10]}."
    return f"A signed {activity['type']} came."
