"""What a message's HTML says: theirs becomes plain text, our plain text becomes HTML."""

import html
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

import nh3

from forgefed_gate.domain.errors import Malformed
from forgefed_gate.protocol.frontdoor import Addressing, canonical_url

LONGEST_TEXT = 20_480
"""Bytes of HTML in one message."""
MOST_TAGS = 2_000
"""A page of prose has some hundred tags; thousands are there to keep a sanitiser busy."""

MANY_TAGS = 100
"""From so many on it is looked whether a message grows when its tags are closed."""
MOST_REOPENED = 16

_PARAGRAPHS = {"p", "blockquote", "pre", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"}
_LINES = {"div", "li", "tr"}
_TAGS: Final = _PARAGRAPHS | _LINES | {"a", "br", "span"}
_ATTRIBUTES: Final = {"a": {"href", "class"}, "span": {"class"}}
_LINK = re.compile("<a", re.IGNORECASE)
_SHORTENED = {"invisible", "ellipsis"}
_SCHEMES = ("https://", "http://", "mailto:")

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SPACE = re.compile(r"[^\S\n]{2,}|[^\S\n ]")
_ANY_SPACE = re.compile(r"\s{2,}|[^\S ]")
_GAP = re.compile(r"\n{3,}")
_SOFT_BREAK = "\x02"
_SOFT_BREAKS = re.compile("\x02[ \x02]*")
_HELD = str.maketrans({" ": "\x00", "\t": "\x01"})
_RELEASED = str.maketrans({"\x00": " ", "\x01": "\t"})


def tidy(text: str) -> str:
    """
    Give plain text its one form: nothing invisible, no spare spaces or empty lines.

    Text comes back in exactly this form from a journey through `from_text` and
    `to_text`.
    """
    return _narrow(visible(text))


def visible(text: str) -> str:
    """Remove control, direction and zero-width characters: they change how others look."""
    return _INVISIBLE.sub("", _LINE_END.sub("\n", text))


def _narrow(text: str) -> str:
    lines = (_SPACE.sub(" ", line).strip() for line in text.split("\n"))
    return _GAP.sub("\n\n", "\n".join(lines)).strip()


def require_readable(message: str) -> None:
    """Refuse what is too long, or too tangled, to be read as a message."""
    if len(message) * 4 > LONGEST_TEXT and len(message.encode(errors="replace")) > LONGEST_TEXT:
        raise Malformed("text-too-long", f"The text is longer than {LONGEST_TEXT} bytes.")
    if message.count("<") > MOST_TAGS:
        raise Malformed("text-too-tangled", "The text is mostly markup.")


def to_text(message: str) -> str:
    """
    Read a message from any server as plain text.

    Nothing stays hidden: a link says where it leads unless its own text does, and
    what Mastodon shortens is whole again. Code keeps its indentation. Raises
    `Malformed` above 20 KiB, and for markup that is there only to cost time. Tags that
    grow when they are closed are left as they were written.
    """
    require_readable(message)
    seen = visible(message)
    if _grows(seen):
        return tidy(message)
    reader = _Reader()
    reader.feed(nh3.clean(seen, tags=_TAGS, attributes=_ATTRIBUTES, link_rel=None))
    reader.close()
    said = _SOFT_BREAKS.sub("\n", "".join(reader.said))
    lines = _narrow(said).translate(_RELEASED).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def _grows(message: str) -> bool:
    """
    Say whether there would be many more links than were written.

    A link that other elements overlap is opened again in each of them, with all its
    attributes: twelve kilobytes become twelve million. Without attributes it costs nothing
    to find out.
    """
    if message.count("<") <= MANY_TAGS:
        return False
    bare = nh3.clean(message, tags={"a"}, attributes={}, link_rel=None)
    return bare.count("<a") > len(_LINK.findall(message)) + MOST_REOPENED


@dataclass(slots=True)
class _Link:
    """A link while it is being read: where it leads, and where its text begins."""

    href: str
    classes: set[str]
    begins: int
    shortened: bool = False

    @property
    def names_somebody(self) -> bool:
        """Whether this is a mention of a person; a hashtag is marked up as one, too."""
        return "mention" in self.classes and "hashtag" not in self.classes

    def phrase(self, shown: str) -> str:
        """Say the link in words: its text, and its target where the text does not show it."""
        if self.classes & {"mention", "hashtag"} and shown:
            return shown
        if self.shortened or not shown:
            return self.href or shown
        told = not self.href or _bare(shown) == _bare(self.href)
        return shown if told else f"{shown} ({self.href})"


def _bare(address: str) -> str:
    return re.sub(r"\A(?:https?://|mailto:)", "", address).removesuffix("/")


class _Reader(HTMLParser):
    """Listens to sanitised HTML, and keeps what it says."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._link: _Link | None = None
        self._verbatim = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        classes = set((found.get("class") or "").split())
        if tag == "a":
            href = visible(found.get("href") or "").strip()
            known = href if href.startswith(_SCHEMES) else ""
            self._link = _Link(known, classes, begins=len(self.said))
        elif self._link and classes & _SHORTENED:
            self._link.shortened = True
        self._verbatim += tag == "pre"
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link:
            self._say_link(self._link)
            self._link = None
        self._verbatim -= tag == "pre"
        self._break(tag)

    def handle_data(self, data: str) -> None:
        text = visible(data)
        self.said.append(text.translate(_HELD) if self._verbatim else _ANY_SPACE.sub(" ", text))

    def _break(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self.said.append("\n\n")
        elif tag in _LINES:
            self.said.append(_SOFT_BREAK)
        elif tag == "br":
            self.said.append("\n")

    def _say_link(self, link: _Link) -> None:
        """Replace what was heard since the link began by its phrase."""
        text = "".join(self.said[link.begins :])
        shown = text.strip()
        before, _, after = text.partition(shown) if shown else (text, "", "")
        at = "@" if shown and link.names_somebody and not self._ends_in_sign(link) else ""
        phrase = link.phrase(shown)
        self.said[link.begins :] = [before, at + phrase.removeprefix(at), after]

    def _ends_in_sign(self, link: _Link) -> bool:
        return "".join(self.said[max(0, link.begins - 1) : link.begins]).endswith("@")


def strip_mentions(text: str, names: Collection[str]) -> str:
    """
    Drop *names* where a message begins or ends with them: they address it, no more.

    A name counts with its host and without, in any case. Whatever else begins with an
    @ is part of what somebody wrote, and stays.
    """
    words, known = text.strip(), set(_spellings(names))
    while words and _bare_name(first := words.split(None, 1)[0]) in known:
        words = words[len(first) :].lstrip()
    while words and _bare_name(last := words.rsplit(None, 1)[-1]) in known:
        words = words[: -len(last)].rstrip()
    return words


def _bare_name(word: str) -> str:
    return word.strip(".,:;!").casefold()


def _spellings(names: Collection[str]) -> Iterator[str]:
    for name in names:
        handle = name.casefold().removeprefix("@")
        yield f"@{handle}"
        yield "@" + handle.partition("@")[0]


_URL = re.compile(r"\bhttps://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")
_INTERNET = Addressing(allow_http=False)


def from_text(text: str) -> str:
    """
    Write plain text as the small HTML that every server keeps.

    Only paragraphs, line breaks, and links for https addresses in canonical form;
    everything else is shown as it was typed.
    """
    paragraphs = tidy(text).split("\n\n")
    return "".join(
        f"<p>{'<br>'.join(_marked(line) for line in paragraph.split(chr(10)))}</p>"
        for paragraph in paragraphs
        if paragraph
    )


def one_line(text: str) -> str:
    """Write plain text as one line of HTML, without any markup."""
    return html.escape(" ".join(tidy(text).split()))


def _marked(line: str) -> str:
    done, pieces = 0, list[str]()
    for found in _URL.finditer(line):
        url = _link_in(found[0])
        pieces += [html.escape(line[done : found.start()]), _anchor(url)]
        done = found.start() + len(url)
    return "".join([*pieces, html.escape(line[done:])])


def _link_in(text: str) -> str:
    """Find where an address ends and the sentence goes on; empty if it is none."""
    url = text.rstrip(".,;:!?'")
    if "(" not in url:
        url = url.rstrip(".,;:!?')")
    try:
        return canonical_url(url, addressing=_INTERNET, fragment=True)
    except Malformed:
        return ""


def _anchor(url: str) -> str:
    shown = html.escape(url)
    return f'<a href="{shown}" rel="nofollow noopener noreferrer">{shown}</a>' if url else ""


def mention(handle: str, url: str) -> str:
    """Write a mention as microblogs mark it up, so that the person is told."""
    name = html.escape(handle.removeprefix("@").partition("@")[0])
    return (
        f'<span class="h-card"><a href="{html.escape(url)}" class="u-url mention">'
        f"@<span>{name}</span></a></span>"
    )
