"""What people are told about links, and about the chains of Grants that hang on them."""

from forgefed_gate.domain.charter import Charter
from forgefed_gate.domain.words import forms, keeping, talk

ASKED = "{peer} asks for a link. Nobody comes in by it before one of you says yes."
AGREED = "Both sides want the link with {peer}. What it rests on is under way."
ACTIVE = "The link with {peer} is active."
DECLINED = "{peer} would rather not be linked now. Nothing came of it, and nothing is lost."
ENDED_THERE = "{peer} has ended the link. What came by it has ended as well."
RAN_OUT = (
    "The link with {peer} has come to its last day, and what came by it has ended. If both sides"
    " still want it, link them again."
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


ALREADY_LINKED = (
    "There is a link with them already. To change its role or its end, unlink them and link"
    " them again."
)
TOO_LONG = "A link ends after six months at the latest, and can be renewed. Choose a nearer day."
OTHER_KIND = "They asked for another kind of link. Look at “team list”, then answer that one."
NOT_A_TEAM = (
    "{who} is no team, so there is nobody to trust through it. A link goes to a team: its handle"
    " often ends in “-team”."
)
NO_LINK = "There is no open link of that name. “team list” shows which there are."
