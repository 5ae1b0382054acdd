"""Bodies that mean harm, as data: what each is, and how the door answers."""

import json
from collections.abc import Callable
from typing import Any

from senders import AS2, Sender, mention

Change = Callable[[dict[str, Any]], object]
"""Makes an honest private note hostile, in place."""

EVIL = "https://evil.example"
ELSEWHERE = "https://victim.example"
NEIGHBOUR = "https://peer.example/users/carol"

SPELLINGS = [
    "https://PEER.example/1",
    "https://peer.example:443/1",
    "https://peer.example:8443/1",
    "https://peer.example:0/1",
    "https://peer.example./1",
    "https://peer。example/1",
    "https://pe\u200ber.example/1",
    "https://реer.example/1",
    "https://peer_.example/1",
    "https://-peer.example/1",
    "https://127.0.0.1/1",
    "https://[::1]/1",
    "https://2130706433/1",
    "https://0x7f.1/1",
    "https://peer/1",
    "http://peer.example/1",
    "HTTPS://peer.example/1",
    "https:/peer.example/1",
    "//peer.example/1",
    "https://user@peer.example/1",
    "https://user:word@peer.example/1",
    "https://peer.example/a/../1",
    "https://peer.example/a/./1",
    "https://peer.example/%2e%2e/1",
    "https://peer.example/a%2Fb",
    "https://peer.example/a%5Cb",
    "https://peer.example/a%00b",
    "https://peer.example/%41",
    "https://peer.example/%zz",
    "https://peer.example/a b",
    "https://peer.example/a\\b",
    "https://peer.example/a\nb",
    "https://peer.example/é",
    "https://peer.example/<b>",
    "https://peer.example?a",
    "https://peer.example/1#a#b",
    "https://[bad/1",
    "peer.example/1",
    "javascript:alert(1)",
    "data:text/html,1",
    "file:///etc/passwd",
    "urn:uuid:1",
    " https://peer.example/1",
    "https://peer.example/1 ",
]
"""Second spellings of a name, and what is no name at all."""

BODIES = {
    "duplicate key": (b'{"actor":"a","actor":"b"}', "duplicate-key"),
    "duplicate key, escaped": (b'{"actor":"a","\\u0061ctor":"b"}', "duplicate-key"),
    "duplicate key, inside": (b'{"a":[{"b":1,"c":2,"b":3}]}', "duplicate-key"),
    "duplicate empty key": (b'{"":1,"":2}', "duplicate-key"),
    "NaN": (b'{"a":NaN}', "not-a-number"),
    "Infinity": (b'{"a":Infinity}', "not-a-number"),
    "-Infinity, inside": (b'{"a":[[-Infinity]]}', "not-a-number"),
    "infinity": (b'{"a":1e400}', "number-too-large"),
    "infinity below": (b'{"a":-1e400}', "number-too-large"),
    "infinity, spelled out": (b'{"a":' + b"9" * 400 + b".0}", "number-too-large"),
    "an integer nobody holds": (b'{"a":9007199254740993}', "number-too-large"),
    "the first that nobody holds": (b'{"a":9007199254740992}', "number-too-large"),
    "a negative one": (b'{"a":-9007199254740992}', "number-too-large"),
    "4301 digits": (b'{"a":' + b"1" * 4301 + b"}", "number-too-large"),
    "100000 digits": (b'{"a":' + b"1" * 100_000 + b"}", "number-too-large"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "not-utf8"),
    "UTF-32": ('{"a":1}'.encode("utf-32"), "not-utf8"),
    "UTF-16 without a mark": ('{"a":1}'.encode("utf-16-le"), "not-json"),
    "a byte order mark": (b'\xef\xbb\xbf{"a":1}', "not-utf8"),
    "Latin-1": ('{"a":"é"}'.encode("latin-1"), "not-utf8"),
    "an overlong slash": (b'{"a":"\xc0\xaf"}', "not-utf8"),
    "a surrogate in bytes": (b'{"a":"\xed\xa0\x80"}', "not-utf8"),
    "beyond Unicode": (b'{"a":"\xf4\x90\x80\x80"}', "not-utf8"),
    "a cut character": (b'{"a":"\xe2\x82"}', "not-utf8"),
    "half a character": (b'{"a":"\\ud800"}', "lone-surrogate"),
    "the other half": (b'{"a":"\\udfff"}', "lone-surrogate"),
    "halves in the wrong order": (b'{"a":"\\udc00\\ud800"}', "lone-surrogate"),
    "half a key": (b'{"\\uD83D":1}', "lone-surrogate"),
    "NUL": (b'{"a":"\\u0000"}', "nul-character"),
    "NUL in a key": (b'{"a\\u0000":1}', "nul-character"),
    "a bare NUL": (b'{"a":"\x00"}', "not-json"),
    "a bare line break": (b'{"a":"b\nc"}', "not-json"),
    "33 levels": (b'{"a":' + b"[" * 33 + b"]" * 33 + b"}", "too-deep"),
    "33 objects": (b'{"a":' * 33 + b"1" + b"}" * 33, "too-deep"),
    "1000 brackets": (b"[" * 1_000, "too-deep"),
    "100000 brackets": (b"[" * 100_000, "too-many-nodes"),
    "100000 braces": (b'{"a":' * 40_000, "too-many-nodes"),
    "5001 values": (b'{"a":[' + b"1," * 5_000 + b"1]}", "too-many-nodes"),
    "1001 keys": (json.dumps(dict.fromkeys(map(str, range(1_001)))).encode(), "too-many-keys"),
    "not JSON": (b"{", "not-json"),
    "empty": (b"", "not-json"),
    "white space": (b" \r\n\t", "not-json"),
    "two documents": (b"{}{}", "not-json"),
    "something after it": (b'{"a":1};', "not-json"),
    "a comma too many": (b'{"a":1,}', "not-json"),
    "a comment": (b'{"a":1/**/}', "not-json"),
    "single quotes": (b"{'a':1}", "not-json"),
    "a bare key": (b"{a:1}", "not-json"),
    "a leading zero": (b'{"a":01}', "not-json"),
    "hexadecimal": (b'{"a":0x10}', "not-json"),
    "a plus": (b'{"a":+1}', "not-json"),
    "a bare point": (b'{"a":.5}', "not-json"),
    "an unknown escape": (b'{"a":"\\x41"}', "not-json"),
    "a short escape": (b'{"a":"\\u12"}', "not-json"),
    "a form": (b"a=1&b=2", "not-json"),
    "HTML": (b"<html></html>", "not-json"),
    "no object": (b"[]", "not-an-object"),
    "a list of one": (b'[{"type":"Follow"}]', "not-an-object"),
    "a string": (b'"Follow"', "not-an-object"),
    "null": (b"null", "not-an-object"),
    "a number": (b"1", "not-an-object"),
    "no actor": (b"{}", "field-missing"),
}
"""What two parsers read in two ways, or one of them for ever."""


def _with(**fields: Any) -> Change:
    return lambda document: document.update(fields)


def _inside(**fields: Any) -> Change:
    return lambda document: document["object"].update(fields)


def _inside_and_out(**fields: Any) -> Change:
    return lambda document: (document.update(fields), document["object"].update(fields))


def _defining(*contexts: Any) -> Change:
    return _with(**{"@context": [AS2, *contexts]})


STRUCTURES: dict[str, tuple[Change, str]] = {
    **{
        word: (_with(**{word: {"type": "Follow"}}), "jsonld-structure")
        for word in ("@graph", "@included", "@reverse", "@nest")
    },
    "deep": (_with(tag=[{"a": {"@graph": []}}]), "jsonld-structure"),
    "in the note": (_inside(**{"@included": [{"id": EVIL}]}), "jsonld-structure"),
    "an alias of @graph": (_defining({"g": "@graph"}), "jsonld-structure"),
    "an alias of @reverse": (_defining({"r": {"@id": "@reverse"}}), "jsonld-structure"),
    "a container of graphs": (
        _defining({"x": {"@id": "as:tag", "@container": "@graph"}}),
        "jsonld-structure",
    ),
    "a graph by its id": (
        _defining({"x": {"@id": f"{EVIL}/x", "@container": ["@graph", "@id"]}}),
        "jsonld-structure",
    ),
    "another actor": (_defining({"actor": f"{EVIL}/actor"}), "context-redefinition"),
    "an alias of actor": (_defining({"actor": {"@id": "as:object"}}), "context-redefinition"),
    "another object": (_defining({"object": f"{EVIL}/object"}), "context-redefinition"),
    "another grant": (_defining({"target": f"{EVIL}/target"}), "context-redefinition"),
    "another key": (_defining({"publicKey": f"{EVIL}/key"}), "context-redefinition"),
    "another owner": (_defining({"attributedTo": f"{EVIL}/owner"}), "context-redefinition"),
    "another audience": (_defining({"to": {"@id": f"{EVIL}/to"}}), "context-redefinition"),
    "another Follow": (_defining({"Follow": f"{EVIL}/Follow"}), "context-redefinition"),
    "another Note": (_defining({"Note": {"@id": "as:Tombstone"}}), "context-redefinition"),
    "another prefix": (_defining({"as": f"{EVIL}#"}), "context-redefinition"),
    "no type": (_defining({"type": None}), "context-redefinition"),
    "no id": (_defining({"id": None}), "context-redefinition"),
    "the id of another": (_defining({"id": {"@id": f"{EVIL}/id"}}), "context-redefinition"),
    "a prefix of their own": (
        _defining({"e": f"{EVIL}#", "actor": "e:actor"}),
        "context-redefinition",
    ),
    "in the note's context": (
        _inside(**{"@context": {"content": f"{EVIL}/content"}}),
        "context-redefinition",
    ),
    "a context of null": (_with(**{"@context": None}), "context-redefinition"),
    "a number as a context": (_with(**{"@context": 1}), "context-redefinition"),
    "null among contexts": (_defining(None), "context-redefinition"),
    "a list among contexts": (_defining([AS2]), "context-redefinition"),
}
"""What readers of JSON and readers of JSON-LD would see differently."""

TEXT = 20 * 1024
LONG: dict[str, tuple[Change, str]] = {
    "text": (_inside(content="x" * (TEXT + 1)), "field-too-long"),
    "warning": (_inside(summary="x" * (TEXT + 1)), "field-too-long"),
    "text in bytes": (_inside(content="é" * (TEXT // 2 + 1)), "text-too-long"),
    "warning in bytes": (_inside(summary="💌" * (TEXT // 4 + 1)), "text-too-long"),
    "audience": (_with(to=[f"{NEIGHBOUR}{number}" for number in range(65)]), "field-too-long"),
    "copies": (_inside(cc=[f"{NEIGHBOUR}{number}" for number in range(65)]), "field-too-long"),
    "mentions": (_inside(tag=[{"type": "Mention"}] * 65), "field-too-long"),
    "a mention's name": (
        _inside(tag=[{"type": "Mention", "name": "@" + "x" * 2_048}]),
        "field-too-long",
    ),
    "a mention's address": (
        _inside(tag=[{"type": "Mention", "href": f"{EVIL}/" + "x" * 2_048}]),
        "field-too-long",
    ),
    "attachments": (_inside(attachment=[{"url": EVIL}] * 65), "field-too-long"),
    "an attachment": (_inside(attachment=[{"url": EVIL + "/" * 2_048}]), "field-too-long"),
    "types": (_with(type=["Create"] * 65), "field-too-long"),
    "types of a note": (_inside(type=["Note"] * 65), "field-too-long"),
    "id": (_with(id="https://peer.example/" + "x" * 2_048), "field-too-long"),
    "actor": (_with(actor="https://peer.example/" + "x" * 2_048), "field-too-long"),
    "reply": (_inside(inReplyTo=f"{EVIL}/" + "x" * 2_048), "field-too-long"),
    "conversation": (_inside(conversation="x" * 2_049), "field-too-long"),
    "context": (_inside(context="x" * 2_049), "field-too-long"),
    **{
        f"nothing but {tag}": (_inside(content=tag * (TEXT // len(tag))), "text-too-tangled")
        for tag in ("<p>", "<b>", "<ul><li>", "<a>", "<table>", "<pre>", "<!--", "<<<<")
    },
}
"""What nobody writes by hand, and what would keep a reader busy."""

FIELDS: dict[str, tuple[Change, str]] = {
    "a Grant of our project": (
        _with(
            type="Grant",
            object="admin",
            context="https://gate.example/projects/anvil",
            target="https://peer.example/users/bob",
        ),
        "grant-allows",
    ),
    **{
        f"{name}: {value!r}": (_with(**{name: value}), "field-missing")
        for name in ("id", "actor", "type")
        for value in (None, 1, True, [], {}, [1, 2])
    },
    "an empty id": (_with(id=""), "field-missing"),
    "an empty actor": (_with(actor=""), "field-missing"),
    "two ids": (_with(id=["https://peer.example/1", "https://peer.example/2"]), "field-missing"),
    "two actors": (_with(actor=[NEIGHBOUR, EVIL]), "field-missing"),
    "an id in an id": (_with(id={"id": {"id": "https://peer.example/1"}}), "field-missing"),
    "a note of no name": (_inside(id=None), "field-missing"),
    "a note of a number": (_inside(id=1), "field-missing"),
    **{
        f"{kind} of nothing": (_with(type=kind, object=None), "field-missing")
        for kind in ("Delete", "Follow", "Undo", "Join", "Accept", "Reject", "Leave", "Block")
    },
    "a Move to nowhere": (
        lambda document: document.update(type="Move", object=document["actor"], target=7),
        "field-missing",
    ),
    **{
        f"the role {role!r}": (_with(type="Join", object=EVIL, instrument=role), "role-unknown")
        for role in (
            "emperor",
            "Report",
            "forge:",
            " admin",
            "admin\n",
            "https://evil.example#admin",
        )
    },
}
"""What is not said, or said in a form that has no name for it."""

IGNORED: dict[str, Change] = {
    **{
        f"a foreign {kind}": _with(type=kind)
        for kind in ("Announce", "Like", "Add", "Remove", "Offer", "Invite", "Push", "Question")
    },
    **{
        f"the type {kind!r}": _with(type=kind)
        for kind in (
            "follow",
            " Follow",
            "FOLLOW",
            "as:follow",
            f"{EVIL}#Follow",
            "Ｆollow",
            "_:Create",
        )
    },
    "a Create of a link": _with(object="https://peer.example/users/bob/notes/1"),
    "a Create of nothing": _with(object=None),
    "a Create of two": _with(object=[{"id": EVIL}, {"id": EVIL}]),
    "a Create of a list in a list": _with(object=[[{"id": EVIL}]]),
    **{
        f"a Create of a {kind}": _inside(type=kind)
        for kind in ("Video", "Person", "Tombstone", "note")
    },
    "a vote": _inside(name="Yes", content=None),
    **{
        f"a note to {desk}": _inside_and_out(to=[desk])
        for desk in (
            "https://gate.example/desks/nobody",
            "https://gate.example/desks/ANVIL",
            "https://gate.example/desks/anvil/",
            "https://gate.example:443/desks/anvil",
            "http://gate.example/desks/anvil",
            "@anvil@gate.example",
        )
    },
    "a note to nobody": _inside_and_out(to=[]),
    "a note to a number": _inside_and_out(to=[1, None, {}, [[]]]),
}
"""What we do not do, whoever asks: taken with thanks, and forgotten."""


def _asking(kind: str, **fields: Any) -> Change:
    """Ask for something without a note."""
    return lambda document: document.update({"type": kind, **fields})


THEIRS = "https://gate.example/desks/anvil/notes/0"
POWERLESS: dict[str, tuple[Change, str]] = {
    "an Accept of no invitation": (_asking("Accept", object=f"{THEIRS}/invite"), "no-such-invite"),
    "a Reject of no invitation": (_asking("Reject", object=f"{THEIRS}/invite"), "no-such-invite"),
    "an Undo of what never was": (_asking("Undo", object=f"{ELSEWHERE}/follows/1"), "taken-back"),
    "an Undo of our own Follow": (_asking("Undo", object=THEIRS), "taken-back"),
    "a Leave of somebody else's": (_asking("Leave", object=f"{ELSEWHERE}/p"), "not-about-us"),
    "a Follow of somebody else": (_asking("Follow", object=f"{ELSEWHERE}/p"), "not-about-us"),
    "a Join of somebody else's": (_asking("Join", object=f"{ELSEWHERE}/p"), "not-about-us"),
    "a Delete of our note": (_asking("Delete", object=THEIRS), "unknown-message"),
    "a Delete of a stranger": (
        _asking("Delete", object=f"{ELSEWHERE}/users/a"),
        "unknown-message",
    ),
    "a Delete of our desk": (
        _asking("Delete", object="https://gate.example/desks/anvil"),
        "unknown-message",
    ),
    "an Update that nobody wrote": (_asking("Update"), "unknown-message"),
}
"""What is understood and kept in the record, and changes nothing else; with the reason there."""


PAYLOADS = {
    "<script>alert(1)</script>ok": "ok",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>ok": "ok",
    "<scr<script>ipt>alert(1)</script>ok": "ipt>alert(1)ok",
    "<img src=x onerror=alert(1)>ok": "ok",
    "<svg/onload=alert(1)>ok": "ok",
    "<svg><style><img src=x onerror=alert(1)></style></svg>ok": "ok",
    "<math><mtext><table><mglyph><style><img src=x onerror=a()></style></table></math>ok": "ok",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>ok": (
        "<p title=''>ok"
    ),
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>ok": "ok",
    "<style>body{display:none}</style>ok": "ok",
    "<p style='display:none' hidden onclick=alert(1)>ok</p>": "ok",
    "<a href='javascript:alert(1)'>ok</a>": "ok",
    "<a href='JaVa&#10;Script:alert(1)'>ok</a>": "ok",
    "<a href='data:text/html,x'>ok</a>": "ok",
    "<a href='//evil.example'>ok</a>": "ok",
    "<a href='/signin/x'>ok</a>": "ok",
    "<a href='https://evil.example/'>https://good.example/</a>": (
        "https://good.example/ (https://evil.example/)"
    ),
    "<a class=mention href='https://evil.example/'>admin</a> ok": "@admin ok",
    "<form action=/console><button name=act value=admit>ok</button></form>": "ok",
    "<!--<script>-->ok": "ok",
    "o\u202ek\u2066\u200b\ufeff": "ok",
    "o&#x202e;k&#8203;&#0;": "ok\ufffd",
    "<title>x</title><base href=//evil.example><link rel=stylesheet href=//e>ok": "xok",
    "&lt;script&gt;alert(1)&lt;/script&gt;": "<script>alert(1)</script>",
    "{{ 7 * 7 }}{% include 'x' %}${7*7}": "{{ 7 * 7 }}{% include 'x' %}${7*7}",
    "'; DROP TABLE messages; --": "'; DROP TABLE messages; --",
}
"""HTML that would act, and the words that are left of it."""


def made(who: Sender, desk: str, change: Change) -> dict[str, Any]:
    """Write an honest note of *who* to *desk*, and let *change* make it hostile."""
    document = mention(who, desk)
    change(document)
    return document
