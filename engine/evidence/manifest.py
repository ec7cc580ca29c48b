"""A manifest: what a file of evidence is, in a file beside it, signed with Ed25519.

Two files: NAME.manifest.json, canonical JSON, and NAME.manifest.json.sig, the 64 bytes of its signature (RFC 8032).
openssl and sha256sum check both without this software. Imported only where something is signed or a manifest is
checked: it needs requirements-sign.txt.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from engine.errors import plain
from engine.evidence.attachment import Evidence, without_data
from engine.evidence.canonical import canonical, sha256
from engine.evidence.keys import Trust
from engine.evidence.whose import Whose
from engine.store.ledger import Entry

State = Literal["same", "different", "unknown"]


def made(
    whole: bytes, of: Whose, key: ed25519.Ed25519PrivateKey, *, name: str, at: str, by: str, head: Entry | None
) -> tuple[bytes, bytes]:
    """The manifest of a file and its signature. of: whose evidence the file is; at: UTC, ISO 8601; head: the last
    entry of the ledger, None where the file is in none.
    """
    said: dict[str, Any] = {
        "schema_version": 1,
        "kind": "manifest",
        "file": {"name": name, "bytes": len(whole), "sha256": sha256(whole)},
        "evidence": {"run": of.run, "run_sha256": of.run_sha256, "sha256": of.data},
        "ledger": {"seq": head.seq, "hash": head.hash} if head else None,
        "at": at,
        "by": by,
        "algorithm": "Ed25519",
        "public_key": key.public_key().public_bytes_raw().hex(),
    }
    text = canonical(said)
    return text, key.sign(text)


def checked(
    manifest: bytes,
    signature: bytes,
    found: Evidence,
    revisions: Mapping[str, int],
    trust: Trust | None,
    ledger: Mapping[int, str] | None,
) -> tuple[State, str]:
    """Whether a manifest is that of a file, and who signed it. revisions: SHA-256 of the file, and of what it began
    with before something was appended, each with its length; ledger: the hash of each entry at hand, None without one.
    """
    try:
        said = json.loads(manifest)
        key = bytes.fromhex(said["public_key"])
        file, evidence, head, at, by = said["file"], said["evidence"], said["ledger"], said["at"], said["by"]
        if said["kind"] != "manifest" or said["algorithm"] != "Ed25519" or canonical(said) != manifest:
            return "different", "The manifest is in another form than it was signed in."
        digest, inner = str(file["sha256"]), evidence["sha256"]
        anchor = (int(head["seq"]), str(head["hash"])) if head is not None else None
        public = ed25519.Ed25519PublicKey.from_public_bytes(key)
    except (ValueError, KeyError, TypeError, RecursionError):
        return "different", "This is no manifest."
    try:
        public.verify(signature, manifest)
    except InvalidSignature:
        return "different", "The signature is not that of this manifest: one of the two was changed."
    if digest not in revisions or inner != (None if without_data(found) else sha256(found.data)):
        return "different", f"The manifest is of another file, {plain(str(file.get('name', '')))}."
    if ledger is not None and anchor and ledger.get(anchor[0]) != anchor[1]:
        return "different", f"Entry {anchor[0]} of the ledger is not what it was when the manifest was signed."
    later = "" if revisions[digest] == max(revisions.values()) else ", as it was before more was appended"
    words = f"Signed on {plain(str(at))} by {plain(str(by))}, who says so; the file is the one it names{later}"
    words += f". The key is {key.hex()}"
    if trust is None or not trust.keys:
        return "unknown", f"{words}; nobody said whether it is trusted (--trust, PLUMBLINE_TRUST)."
    if key not in trust.keys:
        return ("different" if trust.asked else "unknown"), f"{words}, which is none of those that are trusted."
    return "same", f"{words}, which is trusted."
