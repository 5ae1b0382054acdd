"""A conversation with somebody added, taken along: their words and our remarks are proven too."""

import json

from exported import export, export_theirs, fault, resigned
from guests import added, first_thread

from forgefed_gate.domain.intents import Say


async def together(story):
    await story.admit()
    ann, _ = await added(story)
    await story.write("For both of you.")
    await story.write("From ann.", by=ann)
    thread = (await first_thread(story)).id
    await story.act(Say(thread=thread, text="From us."))
    return thread


async def test_an_export_with_somebody_added_proves_itself(story):
    """For the project, with its remarks, and for the contributor, without them."""
    thread = await together(story)

    for data in (await export(story, thread), await export_theirs(story, thread)):
        assert fault(data) is None
        assert b"From ann." in data


async def test_words_put_in_the_mouth_of_somebody_added_are_found(story):
    """Their own request proves them, and no other."""
    document = json.loads(await export_theirs(story, await together(story)))
    theirs = [each for each in document["messages"] if each["speaker"] == "party"]
    ours = [each for each in document["messages"] if each["speaker"] == "contributor"]
    theirs[0]["revisions"] = ours[0]["revisions"]

    found = fault(resigned(document))

    assert found is not None
    assert (found.code, found.message) == ("not-proven", theirs[0]["number"])
