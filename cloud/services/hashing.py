"""Passwords, of which only an argon2id hash is kept."""

import secrets
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from cloud.services.errors import NotNow

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1000

hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """An argon2id hash; slow on purpose, so made outside any unit of work. Raises NotNow when too short."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise NotNow(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    return hasher.hash(_bytes(password))


def fits(password_hash: str, password: str) -> bool:
    """Whether it is the password; slow on purpose, too."""
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        return hasher.verify(password_hash, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    """Whatever a browser sent, also what is no text."""
    return password.encode("utf-8", "surrogatepass")


def _fits_nothing() -> str:
    salt, digest = (
        b64encode(secrets.token_bytes(length)).decode().rstrip("=") for length in (hasher.salt_len, hasher.hash_len)
    )
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${cost}${salt}${digest}"


NO_PASSWORD = _fits_nothing()
"""For nobody, and for who is still to choose a password: it fits none, and costs as much to find out as any."""
