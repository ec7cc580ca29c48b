"""The seals of a PDF, checked: whole or broken, by whom, and whether who asks trusts that.

Nothing is asked of a network: whether a certificate was revoked is not known here. Imported only where a file has a
seal: it needs requirements-sign.txt.
"""

import io
import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from asn1crypto import cms
from cryptography import x509
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from engine.evidence.canonical import sha256
from engine.evidence.keys import Trust
from engine.evidence.seal import apart, as_asn1

SIGNS = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)
HARMLESS = (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING)
for _name in ("pyhanko", "pyhanko_certvalidator"):  # what they would say on stderr is said in words below
    logging.getLogger(_name).addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal. broken: why it is not what was sealed, empty for a whole one. at: by the clock of who sealed; since,
    until: of the certificate; fingerprint: its SHA-256. trusted: None where nobody said whom to trust. sha256: of the
    file up to the end of this seal.
    """

    broken: str
    signer: str = ""
    fingerprint: str = ""
    at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    trusted: bool | None = None
    sha256: str = ""


def seals(whole: bytes, trust: Trust | None = None) -> tuple[Seal, ...]:
    """The seals of a file, oldest first. What cannot be read is a broken seal, never an error."""
    try:
        found = list(PdfFileReader(io.BytesIO(whole), strict=False).embedded_regular_signatures)
        ends = [int(one.byte_range[2]) + int(one.byte_range[3]) for one in found]
    except Exception as error:  # pyHanko raises whatever a damaged file makes it trip over
        return (Seal(f"it cannot be read ({type(error).__name__})"),)
    checked = tuple(_checked(one, whole, trust) for one in found)
    behind = len(whole) - max(ends, default=len(whole))
    if behind and not checked[-1].broken:
        said = f"{behind:,} bytes stand behind the last one, and no seal covers them"
        return (*checked[:-1], replace(checked[-1], broken=said))
    return checked


def _checked(one: EmbeddedPdfSignature, whole: bytes, trust: Trust | None) -> Seal:
    try:
        at = one.self_reported_timestamp
        certificate = x509.load_der_x509_certificate(one.signer_cert.dump())
        roots = [as_asn1(held) for held in trust.certificates] if trust else []
        context = ValidationContext(
            trust_roots=roots, moment=at, best_signature_time=at, allow_fetching=False, revocation_mode="soft-fail"
        )
        status = apart(lambda: validate_pdf_signature(one, context, key_usage_settings=SIGNS))
        start, length = int(one.byte_range[2]), int(one.byte_range[3])
        return Seal(
            _broken(status) or _padded(one),
            _named(certificate),
            sha256(one.signer_cert.dump()),
            at.astimezone(UTC) if at else None,
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
            bool(status.trusted) if trust and trust.certificates else None,
            sha256(whole[: start + length]),
        )
    except Exception as error:  # as above
        return Seal(f"it cannot be checked ({type(error).__name__})")


def _broken(status: PdfSignatureStatus) -> str:
    if not status.intact:
        return "what it was put on was changed since"
    if not status.valid:
        return "it was not made with the key of the certificate that it names"
    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return ""
    if status.coverage != SignatureCoverageLevel.ENTIRE_REVISION:
        return "it does not cover the file that it stands in"
    if status.modification_level not in HARMLESS or not status.docmdp_ok:
        return "what was appended after it is more than another seal"
    return ""


def _padded(one: EmbeddedPdfSignature) -> str:
    """A signature lies in more room than it needs, which no signature covers: zeros, or somebody wrote there."""
    held = one.pkcs7_content
    room = held[len(cms.ContentInfo.load(held).dump()) :]
    return "something was written into the room that is left behind it" if room.strip(b"\0") else ""


def _named(certificate: x509.Certificate) -> str:
    """Common name and organisation, as the certificate says them."""
    kinds = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    said = [str(one.value) for kind in kinds for one in certificate.subject.get_attributes_for_oid(kind)]
    return ", ".join(said) or certificate.subject.rfc4514_string() or "somebody without a name"
