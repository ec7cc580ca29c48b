"""A seal: a signature within a PDF (PAdES B-B) that every reader of PDF checks, written behind what was exported.

The file that was exported stays its beginning, byte for byte; nothing is seen on a page. Imported only where something
is sealed: it needs requirements-sign.txt.
"""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from engine.evidence.keys import Sealer

Done = TypeVar("Done")
FIELD = "Seal"
REASON = "Sealed as exported"


class Appending(IncrementalPdfFileWriter):
    """Writes a seal and nothing else: properties and metadata of the document stay as they were drawn."""

    def _update_meta(self) -> None:
        """Neither the date of change nor the producer: the pages of a sealed file are drawn again and compared."""

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        """It stays the PDF 1.7 that PDF/A-3 is made of; pyHanko would call it 2.0 for a key of a curve."""


def seal(data: bytes, sealer: Sealer) -> bytes:
    """A PDF with a seal behind it. The signature is CAdES with SHA-256, the time that of this machine's clock.

    Where the file has seals, one more is written. The field is a widget without room outside of the page: PDF/UA asks
    for tags of what lies on it. Raises pyHanko's errors for what is no PDF.
    """
    writer = Appending(io.BytesIO(data))
    taken = {name for name, _, _ in fields.enumerate_sig_fields(writer)}
    name = next(one for one in (FIELD, *(f"{FIELD} {i}" for i in range(2, len(taken) + 3))) if one not in taken)
    place = fields.InvisSigSettings(box_out_of_bounds=True)
    described = fields.SigFieldSpec(name, readable_field_name="Seal of the evidence", invis_sig_settings=place)
    meta = signers.PdfSignatureMetadata(
        field_name=name, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES, reason=REASON
    )
    out = io.BytesIO()
    signing = signers.PdfSigner(meta, _signer(sealer), new_field_spec=described)
    apart(lambda: signing.sign_pdf(writer, output=out))
    sealed = out.getvalue()
    if not sealed.startswith(data):
        raise AssertionError("sealing changed what it sealed")
    return sealed


def apart(work: Callable[[], Done]) -> Done:
    """Work done in a thread of its own: pyHanko begins an event loop, and one may run here, as in a notebook."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def _signer(sealer: Sealer) -> signers.SimpleSigner:
    held = sealer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    vouching = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    vouching.register_multiple(as_asn1(one) for one in sealer.chain)
    return signers.SimpleSigner(
        signing_cert=as_asn1(sealer.certificate),
        signing_key=asn1_keys.PrivateKeyInfo.load(held),
        cert_registry=vouching,
    )


def as_asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """A certificate as pyHanko reads it."""
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
