"""The verbs seal and sign: a seal within a PDF, a signed manifest beside a file; and what export does of both."""

from pathlib import Path
from typing import Any

import click

from engine.cli_base import FINE, canonical, output, write
from engine.cli_store import kept_in
from engine.errors import PlumblineError, UnreadableSource, plain, shown

SEAL_HELP = "Seal the PDF with this key: PEM, or PKCS#12. Its password is that of PLUMBLINE_SEAL_PASSWORD."
CERT_HELP = "The certificate of the key, and those that vouch for it: PEM. PKCS#12 has it within."


def sealing(verb: Any) -> Any:
    """The options of export that seal and sign."""
    for option in (
        click.option("--manifest", metavar="KEY", help="Sign a manifest beside the file with this Ed25519 key."),
        click.option("--cert", metavar="FILE", help=CERT_HELP),
        click.option("--seal", metavar="KEY", help=f"{SEAL_HELP} PLUMBLINE_SEAL_KEY says it for every PDF."),
    ):
        verb = option(verb)
    return verb


def ready(run: str, form: str, file: str | None, seal: str | None, cert: str | None, manifest: str | None) -> Any:
    """The key and certificate that an export is sealed with, None for none; raises before anything is recorded."""
    from engine.cli_evidence import is_document
    from engine.evidence.sealing import EVERY, house_key, needs, tried

    if seal and form != "pdf":
        raise PlumblineError("Only a PDF carries a seal.", hint=EVERY)
    if cert and not seal:
        raise PlumblineError("A certificate was given without its key.", hint="Name it with --seal KEY.")
    key = (seal, cert) if seal else house_key() if form == "pdf" else None
    if key:
        tried(*key)
    if manifest:
        if file == "-" or (file is None and form not in ("pdf", "html")):
            raise PlumblineError("A manifest stands beside a file.", hint="Name the file with --output.")
        if form in ("html", "csv") and is_document(run):
            said = "HTML and CSV hold no data: a ledger has to say whose evidence they are, and no run is recorded."
            raise PlumblineError(said, where=shown(run), hint="Write PDF or JSON, or record it with the verb run.")
        needs("A manifest")
        from engine.evidence.keys import read_signer
        from engine.evidence.sealing import password

        read_signer(manifest, password())
    return key


def finished(
    data: bytes, where: str, key: tuple[str, str | None] | None, manifest: str | None, store: str | None, by: str | None
) -> tuple[bytes, str, dict[str, bytes]]:
    """A file that was exported, sealed if it is to be; what to tell; and the files that stand beside it, by name."""
    if not key and not manifest:
        return data, "", {}
    from engine.cli_evidence import ledger_at, user
    from engine.evidence.sealing import ENDING, SIGNATURE, sealed, signed

    who, name = by or user(), Path(where).name or "evidence"
    opened = ledger_at(store)
    said, beside = "", {}
    if key:
        data, entry = sealed(data, *key, store=opened, by=who, name=name)
        said += f" Sealed{_number(entry)}."
    if manifest:
        text, signature, entry = signed(data, manifest, store=opened, by=who, name=name)
        beside = {f"{where}{ENDING}": text, f"{where}{ENDING}{SIGNATURE}": signature}
        said += f" Manifest signed{_number(entry)}."
    return data, said, beside


def _number(entry: Any) -> str:
    return f", entry {entry.seq} of the ledger" if entry else "; it stands in no ledger"


def _answers(verb: Any) -> Any:
    """The options that both verbs have."""
    by = click.option("--by", metavar="NAME", help="Who does it; the user of this machine otherwise.")
    return output(kept_in(by(verb)))


@click.command()
@click.argument("evidence", metavar="FILE")
@click.option("--key", metavar="KEY", help=SEAL_HELP)
@click.option("--cert", metavar="FILE", help=CERT_HELP)
@_answers
def seal(
    evidence: str, key: str | None, cert: str | None, by: str | None, store: str | None, form: str, file: str | None
) -> int:
    """Put a seal (PAdES) into a PDF that was exported; its bytes stay, the seal stands behind them: NAME-sealed.pdf.

    \b
    Example: python -m engine seal evidence.pdf --key seal.pem --cert seal-cert.pem
    """
    from engine.cli_evidence import write_bytes
    from engine.evidence.sealing import house_key

    path = Path(evidence)
    pair = (key, cert) if key else house_key()
    if pair is None:
        raise PlumblineError("No key is given.", hint="Name it with --key KEY.pem --cert CERT.pem.")
    where = file or str(path.with_name(f"{path.stem}-sealed{path.suffix}"))
    data, said, _ = finished(_read(path), where, pair, None, store, by)
    write_bytes(data, where)
    _tell("seal", where, data, said, form)
    return FINE


@click.command()
@click.argument("evidence", metavar="FILE")
@click.option("--key", metavar="KEY", required=True, help="An Ed25519 key, PEM; password in PLUMBLINE_SEAL_PASSWORD.")
@_answers
def sign(evidence: str, key: str, by: str | None, store: str | None, form: str, file: str | None) -> int:
    """Sign a manifest of FILE, evidence that was exported: FILE.manifest.json, its signature in FILE.manifest.json.sig.

    \b
    Example: python -m engine sign evidence.pdf --key key.pem
    """
    from engine.cli_evidence import write_bytes

    _, said, beside = finished(_read(Path(evidence)), evidence, None, key, store, by)
    (manifest, text), (ending, signature) = beside.items()
    where = file or manifest
    write_bytes(text, where)
    write_bytes(signature, where + ending.removeprefix(manifest))
    _tell("manifest", where, text, said, form)
    return FINE


def _tell(kind: str, where: str, data: bytes, said: str, form: str) -> None:
    """The answer: a sentence, or what was written as JSON, TSV or CSV."""
    from engine.evidence.canonical import sha256

    digest = sha256(data)
    facts = {"file": where, "sha256": digest, "bytes": len(data), "words": said.strip()}
    if form == "json":
        write(canonical({"schema_version": 1, "kind": kind, **facts}), None)
    elif form == "table":
        write(f"{said.strip()} Written to {plain(where, 300)}, SHA-256 {digest}.", None)
    else:
        from engine.cli_tables import table

        write(table(tuple(facts), [[str(one) for one in facts.values()]], form), None)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no file"
        raise UnreadableSource(f"The file cannot be read: {why}.", where=shown(str(path))) from None


VERBS = (seal, sign)
