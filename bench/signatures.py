"""What it costs to prove a signed request, beside the bare cryptography in it."""

import time
from collections.abc import Callable
from statistics import median

import _load

from forgefed_gate.protocol import httpsig, keys
from forgefed_gate.protocol.httpsig import Delivery, Dialect
from forgefed_gate.protocol.keys import ActorKey, PrivateKey, SigningKey

BASE = "https://gate.example"
INBOX = f"{BASE}/desks/anvil/inbox"
ROUNDS = 9
TIMES = 500


def microseconds(work: Callable[[], object]) -> float:
    """Time one call, on average over many."""
    began = time.perf_counter()
    for _ in range(TIMES):
        _ = work()
    return (time.perf_counter() - began) / TIMES * 1e6


def compare(name: str, dialect: Dialect, private: PrivateKey) -> None:
    """Take turns: the whole proof, and the one operation nobody can leave out."""
    actor = _load.ActorId("https://peer.example/users/bob")
    key = SigningKey(id=_load.KeyId(f"{actor}#key"), owner=actor, private=private)
    public = ActorKey(id=key.id, owner=actor, public=private.public_key())
    body = _load.private_note(actor, f"{BASE}/desks/anvil")
    headers = httpsig.sign("POST", INBOX, body=body, key=key, now=_load.now(), dialect=dialect)
    lines = {"Host": "gate.example", **headers}
    delivery = Delivery(
        method="POST",
        target="/desks/anvil/inbox",
        headers=tuple((line.lower(), value) for line, value in lines.items()),
        body=body,
    )

    def whole() -> object:
        claim = httpsig.read_claim(delivery, base_url=BASE, now=_load.now())
        return httpsig.verify(delivery, claim, public)

    claim = httpsig.read_claim(delivery, base_url=BASE, now=_load.now())

    def bare() -> object:
        return public.proves(claim.messages[0], signature=claim.signature)

    pairs = [(microseconds(whole), microseconds(bare)) for _ in range(ROUNDS)]
    ratio = median(ours / floor for ours, floor in pairs)
    ours, floor = (median(each) for each in zip(*pairs, strict=True))
    print(f"{name:24} {ours:6.1f} µs, bare verify {floor:6.1f} µs, ratio {ratio:.2f}")


def main() -> None:
    """Measure the four ways in which requests are signed."""
    rsa, ed25519 = keys.new_rsa(), keys.new_ed25519()
    compare("draft-cavage, RSA-2048", Dialect.CAVAGE, rsa)
    compare("draft-cavage, Ed25519", Dialect.CAVAGE, ed25519)
    compare("RFC 9421, RSA-2048", Dialect.RFC9421, rsa)
    compare("RFC 9421, Ed25519", Dialect.RFC9421, ed25519)
    print(f"a 2 KB body, its digest and our policy included; the aim is 2.5; {_load.machine()}")


if __name__ == "__main__":
    main()
