"""Where the saved cases began: vectors, captured requests, and bodies of every kind."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from deliveries import BASE, ID, NOW, OWNER, PRIVATE, ours, signed, theirs

from forgefed_gate.domain.charter import default_charter
from forgefed_gate.protocol import discovery, keys, proofs
from forgefed_gate.protocol.activitystreams import READERS
from forgefed_gate.protocol.charter_file import write_charter
from forgefed_gate.protocol.httpsig import Dialect
from fuzz import requests
from fuzz.kept import EXPORTS

VECTORS = Path(__file__).parent.parent / "tests" / "vectors"
DESK = f"{BASE}/desks/anvil"
AS2 = "https://www.w3.org/ns/activitystreams"
NOTE = {
    "id": f"{OWNER}/notes/1",
    "type": "Note",
    "attributedTo": OWNER,
    "to": [DESK],
    "content": f'<p><a href="{DESK}" class="u-url mention">@<span>anvil</span></a> Hello!</p>',
    "summary": "Beware",
    "inReplyTo": f"{DESK}/notes/1",
    "tag": [{"type": "Mention", "href": DESK, "name": "@anvil@gate.example"}],
    "attachment": [{"type": "Document", "url": "https://peer.example/cat.png"}],
}


def seeds() -> dict[str, Iterator[bytes]]:
    """List the first cases of every target."""
    return {
        "signatures": _signatures(),
        "structured": _structured(),
        "json": _json(),
        "activity": _activities(),
        "addresses": _addresses(),
        "webfinger": _webfinger(),
        "html": _html(),
        "keys": _keys(),
        "documents": _documents(),
        "linked": _linked(),
        "export": _exports(),
        "hooks": _hooks(),
        "inbox": _inbox(),
        "requests": _requests(),
        "charter": iter([write_charter(default_charter("Anvil")).encode()]),
    }


def _signatures() -> Iterator[bytes]:
    for dialect in Dialect:
        for target in ("/projects/p1/inbox?from=peer", "/desks/anvil/inbox"):
            yield requests.write(signed(dialect, target=target))
        yield requests.write(signed(dialect, method="GET", target="/desks/anvil", body=None))
    table = json.loads((VECTORS / "signatures" / "cavage-gate-cases.json").read_text("utf-8"))
    for case in table["cases"]:
        head = [f"{case['method']} {case['target']}"]
        head += [f"{name}: {value}" for name, value in case["headers"]]
        yield "\n".join(head).encode() + b"\n\n" + base64.b64decode(case["body_b64"])


def _structured() -> Iterator[bytes]:
    for kind in ("rsa", "ed25519"):
        fields = dict(signed(Dialect.RFC9421, kind=kind).headers)
        yield f"{fields['signature-input']}\n{fields['signature']}".encode()
        yield dict(signed(kind=kind).headers)["signature"].encode()
    table = json.loads((VECTORS / "signatures" / "rfc9421-appendix-b.json").read_text("utf-8"))
    for vector in table["vectors"]:
        if {"signature_input", "signature"} <= vector.keys():
            yield f"{vector['signature_input']}\n{vector['signature']}".encode()


def _json() -> Iterator[bytes]:
    table = json.loads((VECTORS / "signatures" / "rfc8785-jcs.json").read_text("utf-8"))
    yield from (each["input"].encode() for each in table["documents"])
    yield b'{"a":\xff\x05\x05}'
    yield b'{"a":[[\xff\x01\x06]]\xff\x01\x06}'
    yield b'{"a":[\xff\x01\x05]\xff\x01\x05}'
    yield b'{"a":[1,\xff\x02\x0d1]}'
    yield from _activities()


def _activities() -> Iterator[bytes]:
    base: dict[str, Any] = {"id": f"{OWNER}/1", "actor": OWNER}
    for kind in (*READERS, "Create", "Like"):
        for thing in (NOTE, OWNER, DESK):
            yield _dump(base | {"type": kind, "object": thing, "to": [DESK]})
    for inside in ("Follow", "Block", "Join"):
        undone = {"id": f"{OWNER}/0", "type": inside, "actor": OWNER, "object": DESK}
        yield _dump(base | {"type": "Undo", "object": undone})
    yield _dump(base | {"type": "Join", "object": DESK, "instrument": "forge:triage"})
    yield _dump(base | {"type": "Flag", "object": [DESK, OWNER], "content": "<p>Rude</p>"})
    yield _dump(base | {"type": "Move", "object": OWNER, "target": f"{OWNER}2"})
    yield _dump(base | {"type": "Create", "object": NOTE, "@context": [AS2, {"gate": "x:"}]})
    said = json.dumps(base | {"type": "Create", "object": NOTE, "to": DESK})
    yield said.replace("Hello!", "<b>!</b>\udcff\x08\x0a").encode(errors="surrogateescape")


def _addresses() -> Iterator[bytes]:
    table = json.loads((VECTORS / "ssrf-addresses.json").read_text("utf-8"))
    yield from (f"https://{word}/".encode() for word in _words(table) if len(word) < 60)
    yield from (OWNER.encode(), ID.encode(), DESK.encode())
    yield b"http://127.0.0.1:8420/a%20b/c;d?e=f&g=/h?i#j/k"
    yield b"https://[::1]:8443/~a/%C3%A9?q=%3F#%C3%A9"


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _words(part)


def _webfinger() -> Iterator[bytes]:
    yield from (b"acct:anvil@gate.example", b"acct:anvil-tickets@gate.example", DESK.encode())
    yield from (b"https://gate.example/", b"http://gate.example/@anvil", b"acct:gate@gate.example")
    yield from (b"@alice@peer.example", b"alice@[::1]:8420", b"application/activity+json")
    yield f'application/ld+json; profile="{AS2}"'.encode()
    yield _dump(discovery.jrd(handle="@a@peer.example", actor_url=OWNER, page_url=f"{OWNER}/p"))
    links = [{"rel": "self", "type": f'application/ld+json; profile="{AS2}"', "href": OWNER}]
    yield _dump({"links": links})


def _hooks() -> Iterator[bytes]:
    for path in sorted((VECTORS / "forge").glob("*.json")):
        yield json.loads(path.read_text("utf-8"))["raw_body"].encode()
    yield b'{"action":"opened","issue":{"number":1},"repository":{"id":2}}'


def _html() -> Iterator[bytes]:
    yield str(NOTE["content"]).encode()
    yield "<p>Plain, <br>and é&nbsp;&amp;&#x202e;</p><pre><code>if x:\n\ty</code></pre>".encode()
    yield b'<ul><li><a href="https://a.example/b?c=1&amp;d">a</a></li></ul>https://b.example/(x).'
    yield b'<a href="https://a.example/"><span class="invisible">https://</span>x</a> @a @b hi @a'
    yield b"<script>x</script><svg><style><img src=x onerror=y></style></svg><!-- --><x-y>z"
    yield from (
        tag + b"\xff" + bytes([len(tag), 12]) for tag in (b"<b>", b"<ul><li>", b"<a href=x>")
    )
    yield from (
        part + b"\xff" + bytes([len(part), 13]) for part in (b"&#7", b"\r\n", b" @a", b"\x02 ")
    )


def _keys() -> Iterator[bytes]:
    weak = [
        RSAPublicNumbers(exponent, 2 ** (bits - 1) + 1).public_key()
        for bits, exponent in ((1024, 65_537), (2047, 65_537), (2048, 3), (4096, 2**65 + 1))
    ]
    for public in [*weak, *(private.public_key() for private in PRIVATE.values())]:
        yield keys.write_pem(public).encode()
        yield keys.write_multibase(public).encode()
        yield keys.bytes_of_multibase(keys.write_multibase(public))[2:]
        yield base64.b64decode("".join(keys.write_pem(public).split("\n")[1:-2]))


def _documents() -> Iterator[bytes]:
    pem, multibase = (keys.write_pem(theirs(kind).public) for kind in PRIVATE), ""
    multibase = keys.write_multibase(theirs().public)
    known = {"id": ID, "owner": OWNER, "controller": OWNER}
    for key in [*({**known, "publicKeyPem": each} for each in pem), {"id": ID}]:
        person = {"id": OWNER, "type": "Person", "inbox": f"{OWNER}/inbox", "publicKey": key}
        yield b"application/activity+json\n" + _dump(person | {"preferredUsername": "alice"})
    method = {**known, "type": "Multikey", "publicKeyMultibase": multibase}
    yield b"120\n" + _dump({"id": OWNER, "inbox": f"{OWNER}/inbox", "assertionMethod": [method]})
    document = {"@context": [AS2], "id": f"{OWNER}/2", "actor": OWNER, "type": "Grant"}
    sealed = proofs.seal(document, key=ours(), now=NOW)
    yield b"\n" + _dump(sealed | {"type": "Revoke"})


def _linked() -> Iterator[bytes]:
    for file in sorted((VECTORS / "json").glob("*.json")):
        yield _dump(json.loads(file.read_text("utf-8")))
    yield _dump({"@context": AS2, "@id": OWNER, "@type": "as:Person", "as:name": "a"})
    context = {"as": f"{AS2}#", "who": {"@id": "as:actor", "@type": "@id"}}
    yield _dump({"@context": [context], "who": {"id": OWNER}, "as:tag": [{"@value": "x"}]})


def _exports() -> Iterator[bytes]:
    for whole in EXPORTS:
        first, *messages, last = whole.split(b"\n")[:-1]
        yield whole
        yield b"\n".join([first, last, b""])
        yield b"\n".join([first, messages[0].removesuffix(b","), last, b""])
        yield b"\x10\x00" + messages[1]
    yield b'{"conversation":{},"messages":[\n],"manifest":{}}\n'
    yield b'{"conversation":{},"messages":[\n{"number":1}\n],"manifest":{"proof":{}}}\n'


BOB = "https://peer.example/users/bob"


def _inbox() -> Iterator[bytes]:
    for number, body in enumerate(_activities()):
        line = b"\nx-rfc9421: 1" if number % 5 == 0 else b""
        said = body.replace(OWNER.encode(), BOB.encode())
        yield b"POST /desks/anvil/inbox" + line + b"\n\n" + said
    like = b"\n\n" + _dump({"id": f"{BOB}/1", "actor": BOB, "type": "Like"})
    for line in (
        *("digest: SHA-256=AAAA", "date: now", "host: other.example", "content-type: text/html"),
        *(
            "content-length: x",
            "content-length: \xb2",
            "content-length: 999999",
            "signature: ",
            "signature-input: a=()",
        ),
        'signature: keyId="https://nobody.example/k",headers="host",signature="AAAA"',
    ):
        yield f"POST /desks/anvil/inbox\n{line}".encode("latin-1") + like
    for first in ("POST /actor/inbox", "POST /projects/anvil/inbox?a=b", "PUT /desks/anvil/inbox"):
        yield first.encode() + like


def _requests() -> Iterator[bytes]:
    paths = ("/", "/@anvil", "/actor", "/desks/anvil", "/projects/anvil/followers", "/ns", "/no")
    finding = ("/.well-known/nodeinfo", "/nodeinfo/2.1", f"/.well-known/webfinger?resource={DESK}")
    acts = {
        "/console": ("sign-out",),
        "/console/projects/anvil": (
            "announce&words=Hi",
            "invite&who=@bob@peer.example&role=report&days=9",
        ),
        "/console/threads/THREAD": (
            "say&words=Hi",
            "ask&words=Why",
            "admit&role=report&days=9",
            "decline&words=No",
            "close",
            "revoke",
        ),
        "/console/blocks": ("block&who=evil.example", "unblock&who=evil.example"),
        "/console/jobs": ("retry&name=deliver",),
    }
    for path in (
        *paths,
        *finding,
        "/desks/anvil/outbox",
        "/signin/abc",
        "/export/abc",
        "/static/gate.css",
    ):
        yield f"GET {path}\naccept: text/html\nrange: bytes=0-1".encode()
    for path, forms in acts.items():
        yield f"GET {path}\ncookie: SESSION".encode()
        head = f"POST {path}\ncookie: SESSION\nsec-fetch-site: same-origin\norigin: {BASE}"
        for form in forms:
            kind = "content-type: application/x-www-form-urlencoded"
            yield f"{head}\n{kind}\n\ncsrf=TOKEN&act={form}".encode()


def _dump(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def write(folder: Path) -> None:
    """Write the first cases of every target into *folder*, each under its own hash."""
    for name, cases in seeds().items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for case in cases:
            (folder / name / hashlib.sha1(case).hexdigest()).write_bytes(case)
