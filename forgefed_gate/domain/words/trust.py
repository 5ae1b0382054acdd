"""What people are told about links, and about the chains of Grants that hang on them."""

from forgefed_gate.domain.charter import Charter
from forgefed_gate.domain.links import News
from forgefed_gate.domain.words import forms, keeping, talk

TOLD = {
    News.ASKED: "{peer} asks for a link with {house}. Nobody comes in by it before an owner says"
    " yes. Write “links” to look at it and answer from here, or do so in the console: {page}",
    News.AGREED: "Both sides want the link between {house} and {peer}. You are told again when it"
    " is active.",
    News.ACTIVE: "The link between {house} and {peer} is active from now on. You can let it rest"
    " or end it at any time: {page}",
    News.DECLINED: "{peer} would rather not be linked with {house} now. Nothing came of it, and"
    " you are welcome to ask again.",
    News.ENDED_THERE: "{peer} has ended the link with {house}. What came by it has ended as well;"
    " whoever came in by it can knock, as everybody can.",
    News.RAN_OUT: "The link between {house} and {peer} has come to its last day, and what came by"
    " it has ended. If both sides still want it, link them again.",
}


def told(what: News, house: str, peer: str, page: str) -> str:
    """Tell the people of a house what happened to a link."""
    return TOLD[what].format(house=house, peer=peer, page=page)


def not_a_team(who: str) -> str:
    """Say that somebody is no team."""
    return (
        f"{who} is no team, so there is nobody to trust through it. Look for a team to link with:"
        " its handle often ends in “-team”."
    )


def first_answer(name: str, charter: Charter, page: str, *, signs: bool) -> str:
    """Answer the first message of somebody for whom a team stands that the project trusts."""
    return forms.joined(
        f"Hello, and welcome to {name}. A team that we are linked with stands for you, so there"
        " are no questions, and nobody has to decide. Your words are kept, and the people here"
        " see them as soon as we agree on how we work together.",
        f"What we ask of you:\n{forms.listed(charter.expects)}",
        f"What you can expect of us:\n{forms.listed(charter.offers)}",
        f"If that suits you, reply with the words “{charter.agreement}”.",
        f"{talk.PRIVACY.format(name=name)}",
        keeping.signing(signs=signs),
        f"All of it on one page: {page}",
    )


def turned_away(name: str) -> str:
    """Tell somebody who came in through a team that the people of a project ended that."""
    return (
        f"Your role in {name} has ended today, by a decision of its people; the word of a team"
        " does not bring it back. This stays between you and us. You can read and use the code as"
        " before. If you would like to take part again, write to us here: we ask you what we ask"
        " everybody."
    )


ALREADY_LINKED = (
    "There is a link with them already, or it is under way. To change an active one, link again"
    " with another role or a later end: nothing is interrupted by that."
)
TOO_LONG = "A link ends after six months at the latest, and can be renewed. Choose a nearer day."
OTHER_KIND = "They asked for another kind of link. Look at “team list”, then answer that one."
NO_LINK = "There is no open link of that name. “team list” shows which there are."
