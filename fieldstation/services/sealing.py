"""Bytes sealed with a passphrase (scrypt, RFC 7914; AES-256-GCM)."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

_SALT_BYTES, _NONCE_BYTES = 16, 12


class ForgedError(Exception):
    """The passphrase is another, or the bytes were changed."""


def sealed(content: bytes, passphrase: str, purpose: bytes, randomness: bytes) -> bytes:
    """Salt, nonce and what is sealed. ``randomness`` is 28 bytes that were never used before."""
    salt, nonce = randomness[:_SALT_BYTES], randomness[_SALT_BYTES : _SALT_BYTES + _NONCE_BYTES]
    return salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, content, purpose)


def unsealed(data: bytes, passphrase: str, purpose: bytes) -> bytes:
    """What was sealed for that purpose.

    Raises:
        ForgedError: the passphrase is another, or the bytes were changed.
        ValueError: too few bytes.
    """
    salt, rest = data[:_SALT_BYTES], data[_SALT_BYTES:]
    try:
        return AESGCM(_key(passphrase, salt)).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], purpose)
    except InvalidTag:
        raise ForgedError from None


def _key(passphrase: str, salt: bytes) -> bytes:
    typed = "".join(passphrase.split()).upper().replace("-", "")
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(typed.encode())
