"""What random histories found wrong once, each as the shortest history in which it went wrong."""

from dataclasses import replace

import pytest

from forgefed_gate.domain.capabilities import Allows, Capability, Flaw, Standing
from forgefed_gate.domain.delegation import Give, Recipient, along, reconcile
from forgefed_gate.domain.ids import DAY, HOUR, MINUTE, ActivityId, ActorId, GrantId, Millis, later
from forgefed_gate.domain.intents import Granted
from forgefed_gate.domain.links import Peer, State
from forgefed_gate.domain.roles import Role
from simulation import asking
from simulation.stage import ANVIL, BELLOWS, BOB, COOP, DYKE, Stage


@pytest.fixture
def stage():
    return Stage()


# Links that cross on the way


def test_two_offers_that_cross_are_two_answers(stage):
    """Each side names the offer of the other one in its answer, and not its own."""
    stage.link(ANVIL, COOP, Peer.TEAM)
    stage.link(COOP, ANVIL, Peer.RESOURCE)
    stage.bring(ANVIL, COOP)
    offer, answer, _leave = stage.bring(COOP, ANVIL)
    stage.calm()

    assert answer.invite != offer.activity
    assert stage.state(ANVIL, COOP) is stage.state(COOP, ANVIL) is State.ACTIVE


@pytest.mark.parametrize("first", [(ANVIL, BELLOWS), (BELLOWS, ANVIL)])
def test_of_two_offers_that_contradict_each_other_both_sides_find_the_same(stage, first):
    """Each wants to be above the other; neither waits for ever."""
    stage.link(ANVIL, BELLOWS, Peer.CHILD)
    stage.link(BELLOWS, ANVIL, Peer.CHILD)
    stage.bring(*first)
    stage.calm()

    states = {stage.state(ANVIL, BELLOWS), stage.state(BELLOWS, ANVIL)}
    assert states == {State.OFFERED, State.ASKED}


def test_an_end_that_was_meant_for_an_earlier_link_does_not_end_an_offer(stage):
    """Whoever offers anew has a word on its way that the other side has not heard."""
    stage.trust(ANVIL, COOP)
    stage.unlink(ANVIL, COOP)
    stage.unlink(COOP, ANVIL)
    stage.link(COOP, ANVIL, Peer.RESOURCE)
    stage.calm()

    assert stage.state(COOP, ANVIL) is State.OFFERED
    assert stage.state(ANVIL, COOP) is State.ASKED


def test_whoever_ends_a_link_withdraws_the_offer_that_is_still_on_its_way(stage):
    """Otherwise the other side would be asked for something that nobody wants any more."""
    stage.link(ANVIL, COOP, Peer.TEAM)
    stage.link(COOP, ANVIL, Peer.RESOURCE)
    stage.bring(ANVIL, COOP)
    stage.unlink(COOP, ANVIL)
    stage.link(ANVIL, DYKE, Peer.TEAM)
    stage.calm()

    assert stage.state(COOP, ANVIL) is None
    assert stage.state(ANVIL, COOP) is None


def test_a_leave_to_give_of_an_earlier_link_starts_no_new_one(stage):
    """It says in answer to which offer it was given."""
    stage.link(ANVIL, COOP, Peer.TEAM)
    stage.calm()
    stage.link(COOP, ANVIL, Peer.RESOURCE)
    stage.unlink(ANVIL, COOP)
    stage.link(ANVIL, COOP, Peer.TEAM)
    stage.bring(COOP, ANVIL)

    assert stage.state(ANVIL, COOP) is State.OFFERED
    stage.calm()
    assert stage.state(COOP, ANVIL) is State.ASKED


def test_whoever_asks_anew_has_no_other_link_any_more(stage):
    """What told us of the end was lost for good; the next offer is heard all the same."""
    stage.trust(ANVIL, COOP)
    stage.admit(COOP)
    stage.unlink(COOP, ANVIL)
    stage.world.lanes[COOP, ANVIL].clear()
    assert stage.state(ANVIL, COOP) is State.ACTIVE

    stage.link(COOP, ANVIL, Peer.RESOURCE)
    stage.calm()
    assert stage.state(ANVIL, COOP) is State.ASKED
    assert not stage.may().granted


def test_a_second_leave_to_give_gives_nothing_twice(stage):
    """A peer cannot make us issue Grants by the thousand."""
    stage.trust(ANVIL, COOP)
    leave = next(r.grant for r in stage.book(COOP).rows.values() if r.grant.role is None)
    before = sum(row.ours for row in stage.book(ANVIL).rows.values())
    again = replace(leave, id=GrantId(f"{COOP}/grants/again"))
    said = stage.book(ANVIL).receive(
        Granted(activity=ActivityId(again.id), actor=COOP, grant=again), stage.now
    )

    assert said.reason == "link-welcomed-again"
    assert sum(row.ours for row in stage.book(ANVIL).rows.values()) == before


# Grants that come early or late


def test_what_is_said_to_follow_may_come_before_what_it_follows_from(stage):
    """They come from two gates, and the second may be quicker."""
    stage.belong(DYKE, COOP)
    stage.admit(DYKE)
    stage.link(ANVIL, COOP, Peer.TEAM)
    stage.calm()
    stage.link(COOP, ANVIL, Peer.RESOURCE)
    stage.bring(COOP, ANVIL)
    stage.bring(ANVIL, COOP)
    stage.bring(COOP, DYKE)
    stage.bring(DYKE, ANVIL)
    judged = stage.may()
    assert not judged.granted
    assert judged.flaw is Flaw.FOREIGN_ROOT

    stage.calm()
    assert [known.grant.actor for known in stage.may().chain] == [ANVIL, COOP, DYKE]


def test_what_cannot_be_asked_about_is_not_kept(stage):
    """Whoever has to ask about it could not even try."""
    stage.trust(ANVIL, COOP)
    root = next(r.grant for r in stage.book(ANVIL).rows.values() if r.grant.target == COOP)
    lie = GrantId(f"{COOP}/grants/lie")
    leaf = replace(
        root, id=lie, actor=COOP, target=BOB, allows=Allows.INVOKE, delegates=root.id, result=None
    )
    for result in (None, "https://elsewhere.example/live"):
        told = Granted(activity=ActivityId(lie), actor=COOP, grant=replace(leaf, result=result))
        assert stage.book(ANVIL).receive(told, stage.now).reason == "grant-no-result"
    assert lie not in stage.book(ANVIL).rows


def test_a_grant_of_a_gate_whose_clock_is_ahead_is_passed_on(stage):
    """Nobody would come back to it when its time has come."""
    stage.world.gates[ANVIL].skew = 10 * MINUTE
    stage.admit(COOP)
    stage.trust(ANVIL, COOP)

    assert stage.may().granted


def test_a_member_whose_grant_has_not_begun_by_a_clock_set_back_keeps_what_they_have(stage):
    """The clock will be right again, and nobody would give it back then."""
    stage.admit(COOP)
    stage.world.set_clock(stage.world.gates[COOP], -10 * MINUTE)
    stage.trust(ANVIL, COOP)
    stage.world.set_clock(stage.world.gates[COOP], 0)

    assert stage.may().granted


def test_what_is_said_to_have_come_through_us_does_not_come_back(stage):
    """A gate that was taken over would have us pass things round in a circle."""
    stage.trust(ANVIL, COOP)
    held = next(r.grant for r in stage.book(COOP).rows.values() if r.grant.actor == ANVIL)
    lie = replace(held, id=GrantId(f"{ANVIL}/grants/lie"), through=(ANVIL, COOP, ANVIL))
    before = len(stage.book(COOP).rows)
    told = Granted(activity=ActivityId(lie.id), actor=ANVIL, grant=lie, rooted=True)

    assert stage.book(COOP).receive(told, stage.now).reason == "grant-not-for-us"
    assert len(stage.book(COOP).rows) == before


# What ends by itself


def test_the_next_best_takes_the_place_of_what_has_ended(stage):
    """Nobody sends a word when a day comes."""
    stage.admit(DYKE)
    stage.trust(ANVIL, COOP, days=5)
    stage.belong(DYKE, COOP)
    stage.trust(ANVIL, DYKE, role=Role.REPORT)
    assert stage.may(needs=Role.WRITE).granted

    stage.pass_by(6 * DAY)
    assert not stage.may().granted
    stage.tick()

    assert stage.may().granted
    assert not stage.may(needs=Role.WRITE).granted


def test_a_link_that_has_ended_by_itself_can_be_made_again(stage):
    """It would be in the way for ever."""
    stage.trust(ANVIL, COOP, days=5)
    stage.pass_by(6 * DAY)
    stage.tick()
    assert stage.state(ANVIL, COOP) is stage.state(COOP, ANVIL) is None

    stage.trust(ANVIL, COOP)
    assert stage.state(ANVIL, COOP) is State.ACTIVE


def test_an_offer_that_ran_out_unanswered_is_answered(stage):
    """By a clock that is behind it still waits, and would stand in the way of the next one."""
    stage.link(ANVIL, BELLOWS, Peer.CHILD, days=1)
    stage.bring(ANVIL, BELLOWS)
    stage.pass_by(DAY)
    stage.book(BELLOWS).tick(stage.now)
    stage.link(BELLOWS, ANVIL, Peer.CHILD)

    stage.calm()
    assert stage.state(BELLOWS, ANVIL) is State.OFFERED
    assert stage.state(ANVIL, BELLOWS) is State.ASKED


def test_nothing_lasts_longer_than_both_sides_of_a_link_agreed(stage):
    """The team wanted a shorter link than the project offered."""
    stage.admit(COOP)
    stage.link(ANVIL, COOP, Peer.TEAM, days=60)
    stage.calm()
    stage.link(COOP, ANVIL, Peer.RESOURCE, days=5)
    stage.calm()
    ends = {row.grant.ends_at for row in stage.book(COOP).rows.values()}
    assert max(ends) <= stage.now + 5 * DAY

    stage.pass_by(5 * DAY)
    assert not stage.may().granted


def test_less_passes_along_a_link_than_was_given_where_its_receiver_wants_less(stage):
    """A ceiling counts on the side that receives as well."""
    stage.admit(DYKE)
    stage.trust(ANVIL, COOP)
    stage.link(COOP, DYKE, Peer.SUBTEAM)
    stage.calm()
    stage.link(DYKE, COOP, Peer.OVER, role=Role.REPORT)
    stage.calm()

    assert stage.may(needs=Role.REPORT).granted
    assert not stage.may(needs=Role.TRIAGE).granted


def test_a_giver_that_gives_for_longer_than_was_agreed_is_passed_on_for_as_long_as_was():
    """Gates of other makes may not know until when we wanted it."""
    less = along(_held("g", "r", "one"), role=Role.REPORT, ends_at=Millis(HOUR))

    assert (less.role, less.ends_at) == (Role.REPORT, HOUR)
    more = along(_held("g", "r", "one"), role=Role.ADMIN, ends_at=Millis(2 * DAY))
    assert (more.role, more.ends_at) == (Role.WRITE, DAY)


# Rest, and clocks


def test_a_link_that_rests_in_the_middle_of_a_chain_takes_nothing_away_for_good(stage):
    """What rests says so; only what is gone is never asked about again."""
    stage.admit(DYKE)
    stage.trust(ANVIL, COOP)
    stage.belong(DYKE, COOP)
    assert stage.may().granted
    stage.pause(DYKE, COOP)
    leaf = stage.may().chain[-1].grant.id
    assert asking.live(stage.book(DYKE), leaf, stage.now) is Standing.RESTS

    stage.pass_by(5 * MINUTE)
    assert stage.may().flaw is Flaw.NOT_SEEN
    stage.pause(DYKE, COOP, paused=False)
    assert stage.may().granted


def test_nobody_is_believed_for_longer_because_the_clock_was_set_back(stage):
    """Five minutes are five minutes by every clock."""
    stage.admit(COOP)
    stage.trust(ANVIL, COOP)
    assert stage.may().granted
    stage.world.set_clock(stage.world.gates[ANVIL], -10 * MINUTE)
    stage.world.cut.add(frozenset({ANVIL, COOP}))
    stage.pass_by(11 * MINUTE)

    assert stage.may().flaw is Flaw.NOT_SEEN


def test_what_has_ended_does_not_begin_again_because_the_clock_was_set_back(stage):
    """That an hour has passed is known from what was written down in it."""
    stage.admit(COOP)
    stage.trust(ANVIL, COOP, days=5)
    stage.pass_by(5 * DAY)
    assert not stage.may().granted
    for gate in stage.world.gates.values():
        stage.world.set_clock(gate, -10 * MINUTE)

    assert stage.may().flaw is Flaw.ENDED


# What is chosen


def _held(name: str, *through: str) -> Capability:
    ends = later(Millis(0), DAY)
    return Capability(
        id=GrantId(name),
        actor=ActorId(through[-1]),
        context=ActorId(through[0]),
        target=COOP,
        role=Role.WRITE,
        allows=Allows.DISTRIBUTE,
        starts_at=Millis(0),
        ends_at=ends,
        delegates=GrantId("root"),
        through=tuple(ActorId(each) for each in through),
    )


MEMBER = Recipient(target=BOB, role=Role.WRITE, allows=Allows.INVOKE, ends_at=Millis(DAY))


def test_of_two_ways_that_are_as_good_the_same_is_taken_whatever_the_grants_are_called(stage):
    """In a circle of teams everything would be issued again and again."""
    for names in (("a", "b"), ("b", "a")):
        held = [_held(names[0], "r", "one"), _held(names[1], "r", "two")]
        [given] = reconcile(held, [MEMBER], [], now=Millis(HOUR))
        assert isinstance(given, Give)
        assert given.parent == held[1]


def test_a_chain_may_be_as_long_as_the_longest():
    """Eight links are what everybody judges, so eight can be made, and not nine."""
    seven, eight = (_held("g", *"abcdefgh"[:length]) for length in (7, 8))

    assert len(reconcile([seven], [MEMBER], [], now=Millis(HOUR))) == 1
    assert reconcile([eight], [MEMBER], [], now=Millis(HOUR)) == []


def test_whoever_was_admitted_to_little_may_do_what_their_team_may(stage):
    """The best that we know of somebody counts."""
    stage.book(ANVIL).admit(BOB, Role.VISIT, Millis(stage.now + DAY), stage.now)
    stage.admit(COOP)
    stage.trust(ANVIL, COOP)

    assert stage.may(needs=Role.WRITE).granted
