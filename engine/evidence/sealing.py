"""Sealing and signing a file that was exported, and what the ledger says of it.

What is sealed or signed is evidence as it was exported: nothing else gets a seal from here.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from engine.errors import PlumblineError, UnusableData, shown
from engine.evidence.canonical import sha256
from engine.evidence.whose import Whose, whose
from engine.store import Entry, Store, append
from engine.store.ledger import head

if TYPE_CHECKING:
    from engine.evidence.keys import Trust

KEY, CERTIFICATE = "PLUMBLINE_SEAL_KEY", "PLUMBLINE_SEAL_CERT"
TRUST = "PLUMBLINE_TRUST"
ENDING, SIGNATURE = ".manifest.json", ".sig"  # of a manifest beside a file, of its signature beside it
EVERY = "A manifest beside it vouches for a file of any form: --manifest KEY, or the verb sign."
HOW = "python -m pip install -r requirements-sign.txt -c constraints.txt"


def needs(what: str) -> None:
    """Raises PlumblineError where the packages that seal and sign are not installed, with how to get them."""
    if not here():
        raise PlumblineError(f"{what} needs packages that are not installed.", hint=f"{HOW} installs them.")


def here() -> bool:
    """Whether the packages that seal and sign are installed."""
    return all(find_spec(name) is not None for name in ("cryptography", "pyhanko"))


def house_key() -> tuple[str, str | None] | None:
    """Files of the key and the certificate with which this machine seals what it exports; None where it does not."""
    key = os.environ.get(KEY, "").strip()
    return (key, os.environ.get(CERTIFICATE, "").strip() or None) if key else None


def trust_in(files: Sequence[str] = ()) -> "Trust | None":
    """Whom who asks trusts: certificates and public keys in files, else in those that PLUMBLINE_TRUST names, and the
    certificate that this machine seals with. Only who names files asks for a seal or a manifest of theirs. None where
    nobody is named. Raises as keys.read_trust does; where the machine's own certificate cannot be read, the answer
    about a seal says so.
    """
    named = list(files) or [one for one in os.environ.get(TRUST, "").split(os.pathsep) if one.strip()]
    own = "" if files else os.environ.get(CERTIFICATE, "").strip()
    if not named and not own:
        return None
    if not here() and not files:
        return None  # verify says what is not installed, where there is something to check
    needs("Trust in a certificate or a key")
    from engine.evidence.keys import read_trust

    made = read_trust(named, asked=bool(files))
    if not own:
        return made
    try:
        return replace(made, certificates=(*made.certificates, *read_trust([own]).certificates))
    except PlumblineError as error:
        return replace(made, lost=f"The certificate of {CERTIFICATE} is not known: {error}")


def password() -> str | None:
    """The password of keys, as the environment says it: never an argument, which others on the machine can read."""
    from engine.evidence.keys import PASSWORD

    return os.environ.get(PASSWORD) or None


def tried(key: str, certificate: str | None) -> None:
    """Whether the key and the certificate can seal. Raises as sealed does, before anything is made or recorded."""
    needs("A seal")
    from engine.evidence.keys import read_sealer

    read_sealer(key, certificate, password())


def sealed(
    data: bytes, key: str, certificate: str | None, *, store: Store | None, by: str, name: str = "evidence"
) -> tuple[bytes, Entry | None]:
    """A PDF that was exported with a seal behind it, and the entry that the ledger got; None where it is in no ledger.

    key, certificate: files, see keys.read_sealer; the password is that of PLUMBLINE_SEAL_PASSWORD. Raises
    PlumblineError where packages are missing, UnreadableSource, and UnusableData for what is no PDF of evidence.
    """
    needs("A seal")
    from engine.evidence.keys import read_sealer
    from engine.evidence.seal import seal
    from engine.evidence.sealed import seals

    of = whose(data, name, store)
    if of.form != "pdf":
        raise UnusableData("Only a PDF carries a seal.", where=shown(name), hint=EVERY)
    sealer = read_sealer(key, certificate, password())
    try:
        whole = seal(data, sealer)
    except Exception as error:  # pyHanko raises whatever a damaged file makes it trip over
        raise UnusableData(f"The PDF cannot be sealed ({type(error).__name__}).", where=shown(name)) from error
    mine = seals(whole)[-1]
    if mine.broken:
        raise UnusableData(f"The seal would be broken: {mine.broken}.", where=shown(name))
    body = {"form": "seal", "sha256": sha256(whole), "bytes": len(whole), "signer": mine.signer,
            "certificate": mine.fingerprint}  # fmt: skip
    return whole, _told(of, data, body, store, by)


def tried_here(form: str) -> None:
    """Whether this machine can seal what it exports in a form. Raises as sealed does, before anything is recorded."""
    if form == "pdf" and (key := house_key()):
        tried(*key)


def sealed_here(data: bytes, form: str, *, store: Store, by: str) -> bytes:
    """A file as it leaves this machine: a PDF sealed, where the machine has a key; others as they are."""
    key = house_key() if form == "pdf" else None
    return sealed(data, *key, store=store, by=by)[0] if key else data


def signed(
    data: bytes, key: str, *, store: Store | None, by: str, name: str, at: str | None = None
) -> tuple[bytes, bytes, Entry | None]:
    """The manifest of a file of evidence, its signature, and the entry that the ledger got.

    name: of the file, as the manifest names it; at: UTC, now by default. The manifest names the ledger's last entry
    before its own. Of HTML and CSV, which hold no data, the ledger has to know whose evidence they are. Raises as
    sealed does.
    """
    needs("A manifest")
    from engine.evidence.keys import read_signer
    from engine.evidence.manifest import made

    of = whose(data, name, store)
    signer = read_signer(key, password())
    now = at or datetime.now(UTC).isoformat(timespec="seconds")
    last = head(store) if store is not None and of.known else None
    text, signature = made(data, of, signer, name=name, at=now, by=by, head=last)
    body = {"form": "manifest", "sha256": sha256(text), "bytes": len(text),
            "public_key": signer.public_key().public_bytes_raw().hex()}  # fmt: skip
    return text, signature, _told(of, data, body, store, by)


def _told(of: Whose, data: bytes, body: dict[str, Any], store: Store | None, by: str) -> Entry | None:
    """The entry of the ledger, where it knows what was sealed."""
    if store is None or not of.known:
        return None
    return append(store, "seal", {"run": of.run, "monitor": of.monitor, "of": sha256(data), **body}, by=by)
