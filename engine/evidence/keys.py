"""Keys and certificates from files: what seals, what signs, and what a reader trusts.

Imported only where something is sealed, signed or trusted: it needs requirements-sign.txt.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
    pkcs12,
)

from engine.errors import UnreadableSource, UnusableData, shown

LARGEST = 1 << 20  # bytes of a file of keys
BITS = 2048  # of an RSA key, at least
PASSWORD = "PLUMBLINE_SEAL_PASSWORD"
MAKES = "openssl genpkey -algorithm ed25519 -out key.pem makes one."


@dataclass(frozen=True, slots=True)
class Sealer:
    """Who seals: a key of RSA or of an elliptic curve, its certificate, and those that vouch for it."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom a reader trusts. certificates: of sealers, or of those who vouch for them; keys: Ed25519, 32 bytes each;
    asked: whether a seal or a manifest of one of these is asked for, so that none, or another's, is a contradiction;
    lost: why the certificate of this machine is not among them, in a sentence; empty where it is.
    """

    certificates: tuple[x509.Certificate, ...] = ()
    keys: tuple[bytes, ...] = ()
    asked: bool = True
    lost: str = ""


def read_sealer(key: str, certificate: str | None = None, password: str | None = None) -> Sealer:
    """The sealer in a PEM key and a PEM certificate, or in one PKCS#12 file that holds both.

    Raises UnreadableSource for files that cannot be read or opened with the password, UnusableData where the two do not
    belong together, where the certificate is not valid now, or where no reader of PDF would check such a key.
    """
    found, known = _opened(key, password)
    known += _certificates(certificate) if certificate else []
    if not isinstance(found, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        said = "A seal needs a key of RSA or of an elliptic curve: readers of PDF check no other."
        raise UnusableData(said, where=shown(key), hint="An Ed25519 key signs manifests.")
    if isinstance(found, rsa.RSAPrivateKey) and found.key_size < BITS:
        raise UnusableData(f"The RSA key has {found.key_size} bits, {BITS} are needed.", where=shown(key))
    if not known:
        raise UnusableData("The key comes without a certificate.", where=shown(key), hint="Name its file with --cert.")
    own = [one for one in known if raw(one.public_key()) == raw(found.public_key())]
    if not own:
        raise UnusableData("The certificate is of another key.", where=shown(certificate or key))
    _usable(own[0], certificate or key)
    return Sealer(found, own[0], tuple(one for one in known if one != own[0]))


def read_signer(key: str, password: str | None = None) -> ed25519.Ed25519PrivateKey:
    """The Ed25519 key of a PEM file. Raises UnreadableSource, and UnusableData for a key of another kind."""
    found, _ = _opened(key, password)
    if not isinstance(found, ed25519.Ed25519PrivateKey):
        raise UnusableData("A manifest is signed with an Ed25519 key; this is another.", where=shown(key), hint=MAKES)
    return found


def read_trust(files: Iterable[str], asked: bool = True) -> Trust:
    """Certificates, PEM or DER, and Ed25519 public keys, PEM, in files.

    Raises UnreadableSource, and UnusableData for what holds none.
    """
    certificates: list[x509.Certificate] = []
    keys: list[bytes] = []
    for name in files:
        held = _read(name)
        try:
            found = load_pem_public_key(held)
        except (ValueError, UnsupportedAlgorithm):
            found = None
            with suppress(UnusableData):
                certificates += _certificates(name)
                continue
        if not isinstance(found, ed25519.Ed25519PublicKey):
            said = "This is no certificate and no Ed25519 public key in PEM form."
            raise UnusableData(said, where=shown(name), hint="openssl pkey -in key.pem -pubout writes a public key.")
        keys.append(found.public_bytes_raw())
    return Trust(tuple(certificates), tuple(keys), asked)


def raw(key: Any) -> bytes:
    """A public key as DER, to compare."""
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _opened(name: str, password: str | None) -> tuple[Any, list[x509.Certificate]]:
    """The private key of a file, and the certificates beside it."""
    held, word = _read(name), password.encode() if password else None
    pem = b"-----BEGIN" in held
    try:
        if pem:
            try:
                key: Any = load_pem_private_key(held, word)
            except TypeError:
                if word is None:
                    raise
                key = load_pem_private_key(held, None)  # it is not encrypted; the password is for another
            return key, _certificates(name) if b"-----BEGIN CERTIFICATE" in held else []
        key, own, more = pkcs12.load_key_and_certificates(held, word)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        said = "The key cannot be opened: it is no PEM or PKCS#12 file, or its password is another."
        raise UnreadableSource(said, where=shown(name), hint=f"{PASSWORD} says the password.") from None
    if key is None:
        raise UnusableData("The file holds no private key.", where=shown(name))
    return key, [*([own] if own else []), *more]


def _certificates(name: str) -> list[x509.Certificate]:
    held = _read(name)
    try:
        return x509.load_pem_x509_certificates(held)
    except ValueError:
        pass
    try:
        return [x509.load_der_x509_certificate(held)]
    except ValueError:
        raise UnusableData("The file holds no certificate.", where=shown(name), hint="PEM or DER is read.") from None


def _usable(certificate: x509.Certificate, name: str) -> None:
    """Raises UnusableData for a certificate that is not valid now, or is not made for signing."""
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not start <= datetime.now(UTC) <= end:
        said = f"The certificate is valid from {start:%Y-%m-%d} to {end:%Y-%m-%d}, not today."
        raise UnusableData(said, where=shown(name))
    try:
        use = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return
    if not use.digital_signature and not use.content_commitment:
        raise UnusableData("The certificate is not made for signing, as its key usage says.", where=shown(name))


def _read(name: str) -> bytes:
    try:
        path = Path(name)
        if path.stat().st_size > LARGEST:
            raise UnreadableSource("The file is too large to hold keys.", where=shown(name))
        return path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no file"
        raise UnreadableSource(f"The file cannot be read: {why}.", where=shown(name)) from None
