"""A local certificate authority and the server's certificate, made once; the authority's key is not kept."""

import socket
from dataclasses import dataclass
from pathlib import Path

from bollard.demo.folder import write_secret


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: the authority that stations trust, the server's chain, the server's private key (mode 0600)."""

    authority: Path
    chain: Path
    key: Path


def certificates(folder: Path) -> Certificates:
    """The certificates in a folder, made now if they are not there yet."""
    files = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server-key.pem")
    if not files.authority.exists():
        _make(files)
    return files


def _make(files: Certificates) -> None:
    import trustme

    authority = trustme.CA(organization_name="Bollard demo")
    server = authority.issue_cert("localhost", "127.0.0.1", "::1", socket.gethostname())
    write_secret(files.key, server.private_key_pem.bytes().decode())
    write_secret(files.chain, b"".join(pem.bytes() for pem in server.cert_chain_pems).decode())
    write_secret(files.authority, authority.cert_pem.bytes().decode())
