"""Addresses, handles, and what WebFinger asks and answers."""

from contextlib import suppress
from urllib.parse import unquote, urldefrag, urlsplit

from yarl import URL

from forgefed_gate.domain.errors import Malformed, NotFound
from forgefed_gate.domain.ids import authority_of, origin
from forgefed_gate.domain.places import Places
from forgefed_gate.net.guard import Reach, check_url
from forgefed_gate.protocol import discovery
from forgefed_gate.protocol.discovery import ByName
from forgefed_gate.protocol.frontdoor import Addressing, canonical_url, read_json, same_origin
from forgefed_gate.protocol.mediatypes import is_activitypub
from fuzz.judge import only, spread

INTERNET = Addressing(allow_http=False)
CLOSED = Addressing(allow_http=True)
BASE = "https://gate.example"
PLACES = Places(base_url=BASE)


def addresses(data: bytes) -> None:
    """Take an address in the one spelling that every other reader leaves as it is."""
    text = spread(data, limit=4096).decode(errors="replace")
    with only(Malformed) as answer:
        assert canonical_url(text, addressing=CLOSED, fragment=True) == text
    if answer.refused:
        with suppress(Malformed):
            canonical_url(text, addressing=INTERNET, fragment=True)
            raise AssertionError("the internet is part of what a closed network may be")
        return
    parts = urlsplit(text)
    assert parts.scheme in {"https", "http"}
    assert parts.netloc == parts.netloc.lower() == authority_of(text)
    assert parts.username is None
    assert parts.hostname
    assert f"{parts.scheme}://{parts.netloc}" == origin(text)
    assert same_origin(text, text)
    assert not {".", ".."} & set(unquote(parts.path).split("/"))
    assert text.isascii()
    assert text.isprintable()
    assert not set(text) & set(' \\"<>^`{|}')
    address = canonical_url(urldefrag(text).url, addressing=CLOSED)
    dialled = URL(address, encoded=True)
    assert str(dialled) == address, "what was signed is what is sent"
    assert (dialled.raw_host, dialled.explicit_port) == (parts.hostname, parts.port)
    with only(Malformed) as answer:
        canonical_url(address, addressing=INTERNET)
    if not answer.refused:
        check_url(address, Reach())


def webfinger(data: bytes) -> None:
    """Read what others ask us, answer us, and type: a resource, a JRD, a handle."""
    body = spread(data)
    text = body.decode(errors="replace")
    with only(Malformed, NotFound) as answer:
        wanted = discovery.read_resource(text, base_url=BASE)
    if not answer.refused:
        if isinstance(wanted, ByName):
            assert PLACES.read_user(wanted.name).user
        else:
            assert origin(wanted.url) == BASE
            PLACES.read_actor(wanted.url)
    with only(Malformed) as answer:
        user, authority = discovery.split_handle(text)
    if not answer.refused:
        assert f"{user}@{authority}".lower() in text.lower()
        assert authority_of(f"https://{authority}/") == authority
    assert is_activitypub(text) in {True, False}
    with only(Malformed):
        assert discovery.read_jrd(read_json(body)) is not None
