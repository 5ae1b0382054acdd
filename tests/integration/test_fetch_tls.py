"""How the outbound client knows that a peer is who it says."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from listeners import (
    client,
    end_of,
    http,
    refused,
    saying,
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Make a certificate for `peer.test` that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("peer.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "peer.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize(
    ("host", "trusted", "outcome"),
    [
        ("peer.test", True, 200),
        ("peer.test", False, "tls-failed"),
        ("other.test", True, "tls-failed"),
        ("127.0.0.1", True, "tls-failed"),
    ],
)
async def test_a_peer_proves_its_name_though_an_address_is_dialled(
    listen, certificate, host, trusted, outcome
):
    """The check at dial time must not cost the check of the certificate."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    server = await listen(saying(http()), tls=serving)
    trust = ssl.create_default_context(cafile=certificate) if trusted else None

    async with client(tls=trust, lookup=lambda _host: ["127.0.0.1"]) as outbound:
        assert await end_of(outbound.get(f"https://{host}:{server.port}/", {})) == outcome


async def test_a_peer_without_tls_is_no_https_peer(listen):
    """It is refused for what it is, not for being away."""

    async def serve(_reader, writer):
        writer.write(http())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, client() as outbound:
        port = server.sockets[0].getsockname()[1]
        assert await refused(outbound.get(f"https://127.0.0.1:{port}/", {})) == "tls-failed"
