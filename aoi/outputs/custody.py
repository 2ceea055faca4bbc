"""Seal a run: one small file that stands for all of it, signed, and ready to be time-stamped.

The manifest holds the hash of every file and of itself; the decision log chains itself.  A seal
names both, so that a signature over a few hundred bytes covers the whole folder, and whoever
rewrites the log from its beginning is found out as well.

    manifest.json + decisions.head ──► seal.json ──► ed25519 ──► seal.sig
                                                └──► SHA-256 ──► seal.tsq (RFC 3161 request)

The request holds a hash and nothing else; sending it to a time-stamping authority is the
desk's own step, and what comes back (``.tsr``) is checked with ``openssl ts -verify``.

Source: RFC 8032 (Ed25519) by the library ``cryptography``; RFC 3161, section 2.4.1.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from geo.errors import InputError, OutputError
from geo.write import beside

SEAL, SIGNATURE, REQUEST = "seal.json", "seal.sig", "seal.tsq"
"""Files of a sealed folder."""

SHA256_OID = bytes.fromhex("0609608648016503040201")
"""2.16.840.1.101.3.4.2.1, as DER writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What a signature covers."""

    run_id: str
    manifest_sha256: str
    """Of the bytes of ``manifest.json``."""

    decisions: int
    """Entries of the log at the time."""

    head: str
    """Hash of the last of them."""

    made: str
    """ISO 8601 UTC, by the clock of the machine; only a time stamp proves it."""

    key: str = ""
    """Public key of the signature that belongs to it; empty for a seal without one."""

    def text(self) -> bytes:
        """Write the seal the one way that is signed."""
        return (json.dumps(asdict(self), sort_keys=True, indent=1) + "\n").encode()


def make_key(path: Path) -> str:
    """Make a signing key, readable by its owner only.

    Returns:
        The public key, in text that can be published.

    Raises:
        InputError: there is a file already.
        OutputError: it cannot be written.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - slow
        Ed25519PrivateKey,
    )
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as key_file:
            key_file.write(text)
    except FileExistsError as error:
        raise InputError(f"{path} exists already; a key is never written over.") from error
    except OSError as error:
        raise OutputError(f"{path} could not be written: {error.strerror}.") from error
    return _public(key)


def write_seal(folder: Path, seal: Seal, key: Path | None = None) -> str:
    """Seal a folder: the seal, a request for a time stamp, and with a key the signature.

    Returns:
        The public key that signed, or nothing.

    Raises:
        InputError: the key cannot be read.
        OutputError: the folder is not ours to write.
    """
    signer = None if key is None else _read_key(key)
    public = "" if signer is None else _public(signer)
    text = replace(seal, key=public).text()
    _put(folder / SEAL, text)
    _put(folder / REQUEST, timestamp_request(text))
    if signer is None:
        (folder / SIGNATURE).unlink(missing_ok=True)
        return ""
    signature = base64.b64encode(signer.sign(text))
    _put(folder / SIGNATURE, _signature(public.encode(), signature))
    return public


def read_seal(folder: Path) -> Seal | None:
    """Read a seal, or tell that there is none.

    Raises:
        InputError: it cannot be read, or was changed.
    """
    path = folder / SEAL
    if not path.is_file():
        return None
    try:
        text = path.read_bytes()
        seal = Seal(**json.loads(text))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{SEAL} cannot be read: {error}.") from error
    if seal.text() != text:
        raise InputError(f"{SEAL} was changed since it was written.")
    return seal


def signed_by(folder: Path) -> str | None:
    """Check the signature over a seal.

    Returns:
        The public key that signed; ``None`` where there is no signature.

    Raises:
        InputError: the signature does not fit.
    """
    path = folder / SIGNATURE
    if not path.is_file():
        return None
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - slow
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    try:
        text = path.read_bytes()
        record = json.loads(text)
        known = base64.b64decode(record["public_key"], validate=True)
        signature = base64.b64decode(record["signature"], validate=True)
        again = _signature(base64.b64encode(known), base64.b64encode(signature))
        if again != text:
            raise InputError(f"{SIGNATURE} was changed since it was written.")
        Ed25519PublicKey.from_public_bytes(known).verify(
            signature, (folder / SEAL).read_bytes()
        )
    except InvalidSignature as error:
        raise InputError(
            f"{SIGNATURE} does not fit {SEAL}: one of them was changed."
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{SIGNATURE} cannot be read: {error}.") from error
    return str(record["public_key"])


def fits_request(folder: Path, seal: Seal) -> bool:
    """Tell whether the request for a time stamp is there, and of this seal."""
    path = folder / REQUEST
    return path.is_file() and path.read_bytes() == timestamp_request(seal.text())


def timestamp_request(text: bytes) -> bytes:
    """Write an RFC 3161 request for a time stamp over a text, DER.

    The nonce is taken from the hash, so that equal seals give equal requests; it keeps a
    reader from taking an old answer for a new one no less.
    """
    digest = hashlib.sha256(text).digest()
    imprint = _der(0x30, _der(0x30, SHA256_OID + b"\x05\x00") + _der(0x04, digest))
    nonce = hashlib.sha256(b"nonce" + digest).digest()[:8]
    body = _der(0x02, b"\x01") + imprint + _der(0x02, b"\x01" + nonce) + _der(0x01, b"\xff")
    return _der(0x30, body)


def _signature(public: bytes, signature: bytes) -> bytes:
    """Write the file of a signature, the one way it is read."""
    record = {
        "algorithm": "ed25519",
        "public_key": public.decode(),
        "signature": signature.decode(),
    }
    return (json.dumps(record, indent=1, sort_keys=True) + "\n").encode()


def _der(tag: int, body: bytes) -> bytes:
    """Write one DER value; all of ours are shorter than 128 bytes."""
    return bytes([tag, len(body)]) + body


def _read_key(path: Path) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - slow
        Ed25519PrivateKey,
    )
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        load_pem_private_key,
    )

    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path} is not a signing key that can be read: {error}.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"{path} is not an Ed25519 key; make one with --new-key.")
    return key


def _public(key: Any) -> str:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - slow
        Encoding,
        PublicFormat,
    )

    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def _put(path: Path, content: bytes) -> None:
    with beside(path) as part:
        part.write_bytes(content)
