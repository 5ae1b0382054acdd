"""Forms as browsers send them: small, plain, and only from our own pages."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from forgefed_gate.domain.errors import Malformed, TooLarge

LARGEST_FORM = 64 * 1024
LONGEST_WORDS = 20 * 1024
MOST_FIELDS = 100
URLENCODED = "application/x-www-form-urlencoded"
OUR_OWN = {"same-origin", "none"}

Form = Mapping[str, str]


def from_here(request: Request, base_url: str) -> bool:
    """
    Say whether a browser sends this from a page of ours, as far as its headers tell.

    What says nothing is let through: the token in the form has the last word.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    return site in OUR_OWN and request.headers.get("origin", base_url) == base_url


async def read_form(request: Request) -> Form:
    """Read a form; raises `Malformed` or `TooLarge` for what none of our pages sends."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != URLENCODED:
        raise Malformed("form-type", "This gate reads plain forms only.")
    try:
        text = (await _body(request)).decode()
        pairs = parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise _unreadable() from None
    form = dict(pairs)
    if len(form) != len(pairs) or any(map(_has_controls, form.values())):
        raise _unreadable()
    return form


async def _body(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            parts.append(part)
            size += len(part)
            if size > LARGEST_FORM:
                raise TooLarge("too-large", "That is more than this form can take.")
    except ClientDisconnect:
        raise _unreadable() from None
    return b"".join(parts)


def _has_controls(value: str) -> bool:
    return any(letter < " " and letter not in "\r\n\t" for letter in value)


def _unreadable() -> Malformed:
    return Malformed("form-malformed", "This form cannot be read. Please fill it in once more.")


def words(form: Form, field: str = "words") -> str:
    """Read what somebody wrote, with line breaks as everybody else writes them."""
    text = form.get(field, "").replace("\r\n", "\n").strip()
    if len(text.encode()) > LONGEST_WORDS:
        limit = f"at most {LONGEST_WORDS // 1024} KiB fit into one message"
        raise TooLarge(
            "too-long", f"These words are too many: {limit}. Please send them in parts."
        )
    return text


def days(form: Form) -> int:
    """Read a number of days; what numbers are allowed, the rules say."""
    text = form.get("days", "").strip()
    if not _plain(text):
        raise Malformed("days-malformed", "Please give the days as a plain number, such as 180.")
    return int(text)


def cap(form: Form) -> int:
    """Read how many new people may come in by a link in a day."""
    text = form.get("cap", "").strip()
    if not _plain(text):
        raise Malformed("cap-malformed", "Please give new people a day as a plain number: 5, say.")
    return int(text)


def _plain(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len("1000000")
