"""The sentences about consent to publish, said to those whose words it is about."""

from forgefed_gate.domain.publishing import Excerpt, Publication
from forgefed_gate.domain.threads import Speaker

YOU = "You"
BY_CONSENT = "Published with the consent of everybody who wrote it."
NOT_ASKED = (
    "Nothing waits for your answer under that code. The text may have changed since, or it has"
    " ended. Our latest note about it says where it stands."
)

NOTHING_SAID_YET = "So nothing has changed yet: please write your answer once more."

UNREADABLE = (
    "Words of this text cannot be read here: something is wrong with how we kept them. Nothing of"
    " it is public, and nothing will be while that is so."
)


def asking(name: str, title: str, whole: str, *, code: str, day: str, link: str) -> str:
    """Ask somebody for their yes to exactly these words."""
    return (
        f"The people of {name} would like to publish something that has words of yours in it."
        f" Nothing of it is public, and without your yes nothing will be. This is all of it:\n\n"
        f"“{title}”\n\n{whole}\n\n{how_to_answer(name, code, day, link)}"
    )


def asking_again(name: str, title: str, whole: str, *, code: str, day: str, link: str) -> str:
    """Ask somebody about other words than before."""
    return (
        f"What the people of {name} would like to publish has changed since we asked you, so what"
        f" you may have answered before no longer counts. This is all of it now:\n\n“{title}”\n\n"
        f"{whole}\n\n{how_to_answer(name, code, day, link)}"
    )


def how_to_answer(name: str, code: str, day: str, link: str) -> str:
    """Say who would read it, and which words answer."""
    return (
        f"It would be a public page of {name}, for everybody and for good; whoever reads it may"
        " copy it, and so may the servers of those who follow us. You can take it back later, and"
        " then we blank it; copies elsewhere are out of our hands.\n\n"
        "You can reply with one of these:\n"
        f"• consent {code}: yes, and no name stands there\n"
        f"• consent {code} as NAME: yes, under that name; your handle, or any other\n"
        f"• no {code}: your words are left out. It costs you nothing, and needs no reason.\n\n"
        f"If you would rather not answer at all, there is nothing you have to do: it ends by"
        f" itself on {day}, and nothing is published.\n\n"
        f"You can also read and answer it on a page: {link} To get in there, write “signin” to us,"
        " and you get a link that signs you in."
    )


def consented(code: str) -> str:
    """Confirm a yes while others are still asked."""
    return (
        "Thank you, we have your yes. We publish it when everybody whose words are in it has said"
        f" yes to exactly this text. Until then you can still write: no {code}"
    )


def published(page: str, code: str) -> str:
    """Say that it is public now, and how to take it back."""
    return (
        f"Thank you. Everybody whose words are in it has said yes, so it is public now: {page}\n\n"
        f"You can take it back at any time, without a reason. Write: withdraw {code}"
    )


def public_already(page: str, code: str) -> str:
    """Answer somebody who answers what is public by now."""
    return (
        f"This is public already: {page}\n\nYou can take it back at any time. Write:"
        f" withdraw {code}"
    )


def refused(name: str) -> str:
    """Confirm a no."""
    return (
        f"Thank you for telling us. Your words are left out, and nothing of them was public. It"
        f" changes nothing between you and {name}, and there is nothing more you have to do."
    )


def left_out(name: str) -> str:
    """Tell somebody that their words are in it no more."""
    return (
        f"The people of {name} have left your words out of what we asked you about. Nothing of"
        " them was public, and there is nothing you have to do."
    )


def ended(name: str) -> str:
    """Tell somebody that a proposal has ended."""
    return (
        f"What we asked you about for {name} will not be published. Nothing of it was public, and"
        " there is nothing you have to do. If anybody asks you again, it is for a new text."
    )


def changed(name: str) -> str:
    """Tell somebody that a proposal has ended, because what it quotes is not the same any more."""
    return (
        f"A message that was quoted in what we asked you about for {name} has changed since, so"
        " the text is not what was agreed on any more, and it will not be published. There is"
        " nothing you have to do. If the new words should be public, we ask you about those."
    )


def damaged(name: str) -> str:
    """Tell somebody that a proposal has ended, because its text cannot be read any more."""
    return (
        f"The text that we asked you about for {name} cannot be read here any more: something is"
        " wrong with how we kept it, and you have done nothing wrong. So it will not be published,"
        " and nothing of it was public. There is nothing you have to do. If we ask you again, it"
        " is for a new text."
    )


def lapsed(name: str) -> str:
    """Tell somebody that a proposal has ended because its time was over."""
    return (
        f"The time to answer what we asked you about for {name} is over, so it will not be"
        " published, and nothing of it was public. There is nothing you have to do."
    )


def withdrawn(page: str) -> str:
    """Confirm that something public was taken back."""
    return (
        f"It is blank now, and only says that something stood there: {page}\n\nWe have asked the"
        " servers that we sent it to, to delete it too. We cannot make them, and whoever copied"
        " it may still have it."
    )


def which(name: str, codes: list[str]) -> str:
    """Ask which of several pieces somebody means."""
    listed = "\n".join(f"• {code}" for code in codes)
    return (
        f"There is more than one text of {name} with words of yours. Please write it once more,"
        f" with the code of the one that you mean:\n{listed}"
    )


def code_missing(codes: list[str]) -> str:
    """Say that a yes needs the code of exactly one text."""
    listed = "\n".join(f"• consent {code}" for code in codes)
    return (
        "Thank you. A yes is for exactly one text, so please write it with the code of the one"
        f" that you mean:\n{listed}"
    )


def knock_withdrawn(name: str) -> str:
    """Confirm that somebody took their knock back."""
    return (
        f"You have taken your knock at {name} back, and nobody is asked to decide on it. Thank you"
        " for your interest. If you change your mind, you are welcome to write to us again."
    )


def nothing_to_withdraw(name: str) -> str:
    """Say that there is nothing to take back."""
    return (
        f"Nothing of yours is public at {name}, and nothing waits to be, so there is nothing to"
        " withdraw. If you meant something else, tell us in your own words: people read them."
    )


REMARKS = {
    "proposed": "We asked for consent to publish words from this conversation.",
    "redacted": "We changed what we ask consent for; whoever had answered is asked again.",
    "consented": "Somebody said yes to what we ask consent for. Others have not answered yet.",
    "refused": "Somebody said no, so their words are left out. Whoever is left is asked again.",
    "published": "Everybody said yes: it is public now.",
    "dropped": "The proposal to publish was taken back. Nothing of it was public.",
    "changed": "A quoted message changed, so the proposal to publish has ended.",
    "damaged": "The text of a proposal to publish cannot be read, so the proposal has ended.",
    "lapsed": "The proposal to publish was not answered in time, and has ended.",
    "withdrawn": "What was published from this conversation was withdrawn. Its page is blank.",
}
"""What the people of the project read of it in the conversation; it names nobody."""


def as_published(publication: Publication, name: str) -> list[tuple[str, str]]:
    """Give each excerpt with the name under which everybody reads it."""
    labels = _labels(publication, name)
    return [(labels[each], each.text) for each in publication.piece.excerpts]


def as_asked(publication: Publication, name: str, reader: str) -> list[tuple[str, str]]:
    """Give each excerpt as one of its authors reads it: nobody else is named."""
    nameless = Publication(piece=publication.piece)
    labels = _labels(nameless, name)
    return [
        (YOU if each.author == reader else labels[each], each.text)
        for each in publication.piece.excerpts
    ]


def as_text(excerpts: list[tuple[str, str]]) -> str:
    """Write excerpts one below the other."""
    return "\n\n".join(f"{label}:\n{text}" for label, text in excerpts)


def _labels(publication: Publication, name: str) -> dict[Excerpt, str]:
    """Name who speaks in each excerpt: as they chose, or by a number to tell them apart."""
    chosen: dict[str, str] = {each.author: each.name for each in publication.consents if each.name}
    contributors = dict.fromkeys(
        each.author
        for each in publication.piece.excerpts
        if each.speaker in {Speaker.CONTRIBUTOR, Speaker.PARTY}
    )
    only = len(contributors) == 1
    called = {
        author: "A contributor" if only else f"Contributor {number}"
        for number, author in enumerate(contributors, start=1)
    }
    return {
        each: chosen.get(each.author) or called.get(each.author, name)
        for each in publication.piece.excerpts
    }
