"""
The one place where an intent meets the facts.

Precedence, for everything that comes in: a block comes first and is silent; then what
is about somebody else is refused; then what asks to manage a house of ours is judged by the
Grant that it names, and by nothing else; then what the intent itself rules. Among messages:
public before private, what is kept already before what is new, a word that somebody may
wish by (`wishes.may_wish`) before any other; then our own people, who command; then whoever
has a seat in the conversation, members, bots, and everybody else.
For what our own people do, their office comes first, and is told in words.
"""

from forgefed_gate.domain import (
    arrivals,
    duty,
    linking,
    offering,
    reviews,
    seating,
    showing,
    tickets,
)
from forgefed_gate.domain.delegation import LinkFacts
from forgefed_gate.domain.effects import Decision, RefreshActor, admit, refuse
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.intents import (
    ActOfOurs,
    Added,
    AddParty,
    Admit,
    Announce,
    Arrival,
    Ask,
    AskToEnd,
    AskToInvite,
    Close,
    Decline,
    Departure,
    Follow,
    Granted,
    GrantsEnded,
    HandOver,
    Ignored,
    Invite,
    InviteAnswer,
    Join,
    Leave,
    LinkUp,
    Message,
    Move,
    PauseLink,
    Refresh,
    Removed,
    RemoveParty,
    Report,
    Revision,
    Revoke,
    Say,
    Shut,
    TakeBack,
    Unfollow,
    Unlink,
    Unshut,
    Withdrawal,
)
from forgefed_gate.domain.offers import (
    EditTicket,
    OfferAnswer,
    OfferTicket,
    OpenTicket,
    ResolveTicket,
)
from forgefed_gate.domain.roles import Act


def decide(intent: Arrival, facts: Facts) -> Decision:
    """
    Judge one authentic arrival.

    Pure: the same intent and the same facts give the same decision, so every decision
    in the record can be replayed.
    """
    if facts.blocked:
        return refuse("blocked")
    if not facts.names_us:
        return refuse("not-about-us")
    if facts.mandate is not None:
        return showing.on_mandate(facts.mandate, facts.actor, facts.project.slug)
    if facts.tickets is not None and isinstance(intent, AboutTickets):
        return _about_tickets(intent, facts)
    return _rule(intent, facts)


AboutTickets = OpenTicket | EditTicket | ResolveTicket | OfferAnswer | Message | TakeBack


def _about_tickets(intent: AboutTickets, facts: Facts) -> Decision:
    match intent:
        case OpenTicket():
            return tickets.on_offer(intent, facts)
        case EditTicket():
            return tickets.on_edit(intent, facts)
        case ResolveTicket():
            return tickets.on_resolve(intent, facts)
        case OfferAnswer():
            return tickets.on_answer(intent, facts)
        case Message():
            return tickets.on_comment(intent, facts)
        case TakeBack():
            return tickets.on_take_back(facts)


def _rule(intent: Arrival, facts: Facts) -> Decision:
    match intent:
        case Message():
            return arrivals.on_message(intent, facts)
        case Revision():
            return arrivals.on_revision(intent, facts)
        case Withdrawal():
            return arrivals.on_withdrawal(intent, facts)
        case Departure():
            return arrivals.on_departure(intent, facts)
        case Refresh():
            return admit("refreshed", RefreshActor())
        case Follow():
            return arrivals.on_follow(intent, facts)
        case Unfollow():
            return arrivals.on_unfollow(intent, facts)
        case Join():
            return showing.on_join(intent, facts)
        case TakeBack():
            return arrivals.on_take_back(intent, facts)
        case InviteAnswer():
            return _on_answer(intent, facts)
        case Leave():
            return arrivals.on_leave(intent, facts)
        case Shut():
            return arrivals.on_shut()
        case Unshut():
            return arrivals.on_unshut()
        case Move():
            return arrivals.on_move(intent, facts)
        case Report():
            return arrivals.on_report(intent, facts)
        case Granted() | GrantsEnded() | Added() | Removed():
            return _about_links(intent, facts.links)
        case AskToInvite() | AskToEnd():
            return refuse("not-about-us")
        case OpenTicket() | EditTicket() | ResolveTicket() | OfferAnswer():
            return refuse("not-about-us")
        case Ignored():
            return refuse(intent.why)


def _on_answer(answer: InviteAnswer, facts: Facts) -> Decision:
    if facts.links is not None:
        return linking.on_answer(answer.invite, facts.links, accepts=answer.accepts)
    return arrivals.on_invite_answer(answer, facts)


def _about_links(
    intent: Granted | GrantsEnded | Added | Removed, links: LinkFacts | None
) -> Decision:
    if links is None:
        return refuse("not-about-us")
    match intent:
        case Granted():
            return linking.on_granted(intent, links)
        case GrantsEnded():
            return linking.on_ended(intent, links)
        case Added():
            return linking.on_added(intent, links)
        case Removed():
            return linking.on_removed(intent, links)


def decide_act(act: ActOfOurs, facts: Facts) -> Decision:
    """Judge what somebody of ours does, by the same rules of proof: facts in, effects out."""
    match act:
        case Admit():
            return reviews.on_admit(act, facts)
        case Ask():
            return reviews.on_ask(act, facts)
        case Decline():
            return reviews.on_decline(act, facts)
        case Say():
            return reviews.on_say(act, facts)
        case Close():
            return reviews.on_close(act, facts)
        case HandOver():
            return duty.on_hand_over(act, facts)
        case Revoke():
            return reviews.on_revoke(act, facts)
        case Invite():
            return reviews.on_invite(act, facts)
        case Announce():
            return reviews.on_announce(act, facts)
        case AddParty():
            return seating.on_add_party(act, facts)
        case RemoveParty():
            return seating.on_remove_party(facts)
        case LinkUp() | Unlink() | PauseLink():
            return _link_act(act, facts)
        case OfferTicket():
            return offering.on_offer(act, facts)


def _link_act(act: LinkUp | Unlink | PauseLink, facts: Facts) -> Decision:
    needed = Act.GRANT if isinstance(act, PauseLink) else Act.LINK
    facts.by.must(needed, facts.project.slug)
    assert facts.links is not None, "an act about a link is judged with it"
    match act:
        case LinkUp():
            return linking.on_link(act, facts.links)
        case Unlink():
            return linking.on_unlink(facts.links)
        case PauseLink(paused=paused):
            return linking.on_pause(facts.links, paused=paused)
