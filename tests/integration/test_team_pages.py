"""What everybody may know of a team: what it is and how to join, and never who is in it."""

import pytest
from discovered import AS2, BROWSER, GATE, MASTODON, finger, self_link
from linked import FRIENDS, given, open_team
from story import Story

from demo.village import ACTIVITY_JSON
from forgefed_gate.domain.charter import LINKED, default_charter
from forgefed_gate.domain.intents import Invite
from forgefed_gate.domain.links import Peer, State
from forgefed_gate.domain.roles import OPERATOR, Office, Role
from forgefed_gate.protocol import charter_file
from forgefed_gate.services import people, projects

TEAM = f"{GATE}/teams/friends"
DESK = f"{GATE}/desks/friends"
PLACES = (
    *("/teams/friends", "/desks/friends", "/@friends", "/"),
    *("/teams/friends/collaborators", "/teams/friends/teamResources", "/teams/friends/subteams"),
    *("/teams/friends/outbox", "/teams/friends/followers", "/desks/friends/outbox"),
)


@pytest.fixture
async def told(story: Story) -> Story:
    """Add a team that bob is in, and that is linked with a project elsewhere."""
    gate = story.house.gate
    await open_team(story)
    await people.resolve(gate, story.bob.id)
    await story.act(Invite(project=FRIENDS, who=story.bob.id, role=Role.REPORT, days=30))
    await story.write("I agree", to=DESK)
    await given(story, State.ACTIVE, house=FRIENDS, kind=Peer.RESOURCE, name="lathe")
    return story


@pytest.mark.parametrize(
    ("url", "kind", "user"), [(TEAM, "Team", "friends-team"), (DESK, "Service", "friends")]
)
async def test_a_team_is_found_by_its_handle_as_a_project_is(told, url, kind, user):
    """Acct, self link, actor, its name, the same self link again."""
    jrd = (await finger(told, f"acct:{user}@gate.example")).json()
    actor = (await told.get(self_link(jrd)["href"], accept=MASTODON)).json()

    assert (actor["id"], actor["type"], actor["preferredUsername"]) == (url, kind, user)
    assert actor["@context"][0] == AS2
    assert self_link((await finger(told, url)).json())["href"] == url
    for name in ("inbox", "outbox", "followers", "following"):
        assert actor[name] == f"{url}/{name}"


async def test_the_actors_of_a_team_point_at_each_other(told):
    """Whoever finds one finds both; a team has no trackers."""
    team = (await told.get(TEAM, accept=ACTIVITY_JSON)).json()
    desk = (await told.get(DESK, accept=ACTIVITY_JSON)).json()

    assert (team["desk"], desk["deskOf"]) == (DESK, TEAM)
    assert "ticketsTrackedBy" not in team
    assert "sendPatchesTo" not in team
    for tracker in ("tickets", "patches", "projects"):
        answer = await told.get(f"/{tracker}/friends", accept=ACTIVITY_JSON)
        assert answer.status_code == 404


async def test_a_person_who_asks_for_a_team_gets_its_page(told):
    """By what they ask for, as everywhere."""
    for path in ("/teams/friends", "/desks/friends"):
        answer = await told.get(path, accept=BROWSER)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{GATE}/@friends")


async def test_node_info_counts_a_team_as_it_counts_a_project(told):
    """Each has a desk that people write to; that is all the users that there are."""
    document = (await told.get("/nodeinfo/2.1")).json()
    assert document["usage"]["users"]["total"] == 2


@pytest.mark.parametrize(
    ("collection", "total"), [("collaborators", 1), ("teamResources", 1), ("subteams", 0)]
)
async def test_the_collections_of_a_team_are_counts(told, collection, total):
    """Whoever links with it is told how many, and never who."""
    document = (await told.get(f"/teams/friends/{collection}", accept=ACTIVITY_JSON)).json()

    assert (document["type"], document["totalItems"]) == ("OrderedCollection", total)
    assert not {"items", "orderedItems", "first"} & document.keys()


@pytest.mark.parametrize("accept", [ACTIVITY_JSON, BROWSER])
@pytest.mark.parametrize("path", PLACES)
async def test_nothing_public_names_a_member_or_a_link(told, path, accept):
    """Not the documents, not the pages, not the collections."""
    said = (await told.get(path, accept=accept)).text

    assert told.bob.id not in said
    assert "bob" not in said
    assert "coop.example" not in said


async def test_the_page_of_a_team_says_what_it_is_and_what_joining_brings(told):
    """Whoever joins knows before that projects learn of them."""
    page = (await told.get("/@friends", accept=BROWSER)).text

    assert "Joining Friends" in page
    assert "This is a team" in page
    assert "How to join" in page
    assert "learns who is in it" in page
    assert LINKED.text in page
    assert "The code is open" not in page
    assert "This is a team" not in (await told.get("/@anvil", accept=BROWSER)).text
    home = (await told.get("/", accept=BROWSER)).text
    assert home.index(">Projects<") < home.index("@anvil@") < home.index(">Teams<")
    assert home.index(">Teams<") < home.index("@friends@")


async def test_a_gate_without_a_team_does_not_speak_of_teams(story):
    """What is not there needs no heading."""
    assert ">Teams<" not in (await story.get("/", accept=BROWSER)).text


async def test_the_first_charter_of_a_team_says_what_its_links_tell(told):
    """It is agreed to, like every clause, and can be published and read back."""
    charter = await projects.charter(told.house.gate, FRIENDS)

    assert LINKED in charter.offers
    assert LINKED not in default_charter("Friends").offers
    assert charter.clause(LINKED.id) == LINKED
    written = charter_file.write_charter(charter)
    read = charter_file.read_charter(written.encode(), name="charter.toml")
    assert read.hash == charter.hash
    await projects.publish_charter(told.house.gate, FRIENDS, read, by=OPERATOR)


async def test_a_team_has_people_who_run_it(told):
    """Owners and maintainers, by the verbs that projects have."""
    gate = told.house.gate
    ann = told.village.settle("ann")
    await projects.appoint(gate, FRIENDS, ann.id, Office.OWNER, by=OPERATOR)
    principal = await told.principal(ann)

    assert principal.role_in(FRIENDS) == "owner"
    charter = await projects.charter(gate, FRIENDS)
    await projects.publish_charter(gate, FRIENDS, charter, by=principal)
    assert (await projects.charter(gate, FRIENDS)).hash == charter.hash
