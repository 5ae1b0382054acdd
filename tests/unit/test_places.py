"""Every URL that we mint can be read back, and no other one is ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.errors import Malformed
from forgefed_gate.domain.places import SUFFIXES, THE_GATE, Kind, Local, Places, read_slug

PLACES = Places(base_url="https://gate.example")
slugs = st.from_regex(r"[a-z0-9](?:[a-z0-9_-]{0,28}[a-z0-9])?", fullmatch=True).filter(
    lambda slug: slug != "gate" and not slug.endswith(SUFFIXES)
)
kinds = st.sampled_from([Kind.DESK, Kind.PROJECT, Kind.TICKETS, Kind.PATCHES])


@given(slugs, kinds)
def test_an_actor_is_found_by_its_id_and_by_its_name(slug, kind):
    """Both ways, for every name that a project can have."""
    local = Local(kind=kind, slug=read_slug(slug))

    assert PLACES.read(PLACES.actor(local)) == local
    assert PLACES.read_actor(PLACES.actor(local)) == local
    assert PLACES.read_user(local.user) == local
    assert PLACES.read(f"{PLACES.actor(local)}/followers") == local
    assert PLACES.read_actor(f"{PLACES.actor(local)}/followers") is None
    assert PLACES.handle(local) == f"@{local.user}@gate.example"


def test_the_gate_itself_has_a_place():
    """Its page is the front page."""
    assert PLACES.read(PLACES.gate) == PLACES.read_user("gate") == THE_GATE
    assert PLACES.page_of(THE_GATE) == "https://gate.example"


def test_a_page_leads_to_the_desk():
    """It is what people copy."""
    assert PLACES.read_actor("https://gate.example/@anvil") == Local(kind=Kind.DESK, slug="anvil")


@pytest.mark.parametrize(
    "url",
    [
        "", "https://gate.example", "https://gate.example/", "https://gate.example/desks",
        "https://elsewhere.example/desks/anvil", "https://gate.example.evil.example/desks/anvil",
        "http://gate.example/desks/anvil", "https://gate.example/threads/1", "desks/anvil",
        "https://gate.example/console/threads/1",
    ],
)  # fmt: skip
def test_what_is_not_an_actor_of_ours_is_nobody(url):
    """A look-alike host is another host."""
    assert PLACES.read(url) is None
    assert PLACES.read_actor(url) is None


@given(st.text())
def test_no_url_makes_it_stumble(url):
    """Whatever a peer calls its target."""
    PLACES.read(url)
    PLACES.read_actor(f"https://gate.example/{url}")
    PLACES.read_user(url)


@pytest.mark.parametrize(
    ("slug", "code"),
    [
        ("Anvil", "slug-malformed"),
        ("an vil", "slug-malformed"),
        ("änvil", "slug-malformed"),
        ("-anvil", "slug-malformed"),
        ("anvil_", "slug-malformed"),
        ("a" * 31, "slug-malformed"),
        ("an/vil", "slug-malformed"),
        ("", "slug-malformed"),
        ("gate", "slug-reserved"),
        *((f"anvil{suffix}", "slug-reserved") for suffix in SUFFIXES),
    ],
)
def test_a_short_name_works_on_every_server_and_clashes_with_none(slug, code):
    """Otherwise a handle would lead to the wrong actor, or to none."""
    with pytest.raises(Malformed) as refusal:
        read_slug(slug)

    assert refusal.value.code == code


def test_every_key_note_and_grant_has_a_place_of_its_own():
    """Under the actor that they belong to."""
    desk, project = PLACES.desk("anvil"), PLACES.project("anvil")

    assert PLACES.rsa_key(desk) == f"{desk}#main-key"
    assert PLACES.ed25519_key(desk) != PLACES.rsa_key(desk)
    assert PLACES.note("anvil", "t").startswith(f"{desk}/")
    assert PLACES.grant(project, "t").startswith(f"{project}/")
    assert PLACES.activity(project, "t").startswith(f"{project}/")
