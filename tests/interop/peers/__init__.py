"""
What a peer is: other software in a process of its own, led by a few words over HTTP.

One person, *bob*, lives on a peer. The harness starts it as `COMMAND ADDRESS`, where ADDRESS
is the address of this machine to listen at (on ports of the peer's own choice), and ends it
with SIGTERM. What it says on stderr is shown when a test fails. On stdout it says one line,
as soon as both of its ports answer:

    {"actor": "http://127.0.0.3:4711/users/bob",      bob, whose server is under one origin
     "handle": "@bob@127.0.0.3:4711",
     "control": "http://127.0.0.3:4712"}              an origin; the paths below come after it

Every word is a `POST` of a JSON object that answers with a JSON object. What leaves the peer is
written, signed and sent by the peer's own library; whatever comes is verified by it.

    /control/look-up    {"what": URL or @handle@host}   {"id", "type", "inbox"} of an actor, as
                                                        the library read it; a handle by WebFinger
    /control/node-info  {"of": origin}                  {"software", "version"} of a server
    /control/follow     {"actor": URL}                  {"id", "status"}
    /control/unfollow   {"actor": URL}                  {"id", "status"}   Undo of that Follow
    /control/mention    {"to": URL, "text"}             {"id", "status"}   a private mention
    /control/reply      {"to": URL, "text", "in_reply_to": note}    {"id", "status"}
    /control/edit       {"id": note, "text"}            {"id", "status"}   Update of a note of his
    /control/delete     {"id": note}                    {"id", "status"}   Delete, with a Tombstone
    /control/block      {"actor": URL}                  {"id", "status"}

`id` is the note where there is one (mention, reply, edit, delete), else the activity; `status` is
what the gate answered to the delivery, refused ones included. The library's way to the gate may
take several requests (another kind of signature first): the last one's status counts.

    GET /control/came   {"came": [{"activity", "signer", "proof", "status"}, ...]}

is what reached bob's inbox and was proven by the library, oldest first. `activity` is the document
as it was received; `signer` whose key signed the request; `proof` whether its object integrity
proof held (null where it has none, or where the library knows none); `status` what the library
answered to the gate, for it may prove what it does not understand.

A mistake in a word answers 500 with {"why": sentence}.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Peer:
    """How one kind of peer is started, and what has to be installed for it."""

    name: str
    command: tuple[str, ...]
    needs: Path
    """What `make interop` has installed; where it is missing, the tests fail and say so."""


FEDIFY = Peer(
    name="fedify",
    command=(
        str(HERE / "fedify/node_modules/.bin/node"),
        str(HERE / "fedify/peer.mjs"),
    ),
    needs=HERE / "fedify/node_modules/@fedify/fedify",
)

BOVINE = Peer(
    name="bovine",
    command=(sys.executable, str(HERE / "bovine/start.py")),
    needs=HERE.parents[2] / ".venv/bovine/.installed",
)

PEERS = (FEDIFY, BOVINE)
