"""Keys and certificates for the tests of seals, made fresh: nothing secret lies in this folder."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


def named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def certificate(key, name, issuer=None, start=-DAY, end=DAY * 30, authority=False, signs=True):
    """A certificate of a key; issuer: (key, certificate) of who vouches for it, itself by default."""
    now = datetime.now(UTC)
    by, of = (issuer[0], issuer[1].subject) if issuer else (key, named(name))
    unused = "content_commitment key_encipherment data_encipherment encipher_only decipher_only".split()
    use = dict.fromkeys(unused, False) | {"key_agreement": not signs, "digital_signature": signs}
    use |= {"key_cert_sign": authority, "crl_sign": authority}
    made = x509.CertificateBuilder(of, named(name), key.public_key(), x509.random_serial_number(),
                                   now + start, now + end)  # fmt: skip
    made = made.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    made = made.add_extension(x509.KeyUsage(**use), critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    if issuer:
        ours = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer[0].public_key())
        made = made.add_extension(ours, critical=False)
    return made.sign(by, hashes.SHA256())


def pem(key, password=b""):
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def write(folder: Path, name: str, key, *certificates) -> tuple[str, str]:
    """The key and its certificates as two PEM files; their names."""
    paths = folder / f"{name}.pem", folder / f"{name}-cert.pem"
    paths[0].write_bytes(pem(key))
    paths[1].write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in certificates))
    return str(paths[0]), str(paths[1])


def sealer(folder: Path, name: str, **more) -> tuple[str, str]:
    """A key of its own with a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    return write(folder, name, key, certificate(key, name, **more))


def signer(folder: Path, name: str) -> tuple[str, str]:
    """An Ed25519 key and its public key, as two PEM files; their names."""
    key = ed25519.Ed25519PrivateKey.generate()
    paths = folder / f"{name}.pem", folder / f"{name}.pub.pem"
    paths[0].write_bytes(pem(key))
    paths[1].write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return str(paths[0]), str(paths[1])


def packed(key, certificate, password: bytes) -> bytes:
    """PKCS#12."""
    return pkcs12.serialize_key_and_certificates(b"seal", key, certificate, None, BestAvailableEncryption(password))
