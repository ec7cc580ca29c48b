"""Addresses of data on other machines: how they are written, which may be asked, how they are told without secrets."""

import ipaddress
import os
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from engine.errors import UnreadableSource, nearest, plain, shown

HOSTS = "PLUMBLINE_HOSTS"  # hosts and buckets that may be asked, joined by commas; the environment's say
SCHEMES = ("https", "http", "s3", "postgresql", "sqlite", "duckdb")
DATABASES = ("postgresql", "sqlite", "duckdb")
# Addresses inside a cloud's machines where their keys are given to whoever asks.
SECRET = ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "100.100.100.200/32", "192.0.0.192/32")
INSTEAD = {
    "gs": "Google's buckets speak S3: s3://BUCKET/KEY?endpoint=https://storage.googleapis.com with HMAC keys.",
    "gcs": "Google's buckets speak S3: s3://BUCKET/KEY?endpoint=https://storage.googleapis.com with HMAC keys.",
    "az": "Azure's blobs have https addresses with a signature (SAS): write that one.",
    "abfs": "Azure's blobs have https addresses with a signature (SAS): write that one.",
    "file": "Write the path alone.",
    "mysql": "Write the table as Parquet or CSV, or attach it to PostgreSQL or DuckDB.",
}
VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
PLAIN_OPTIONS = frozenset(
    {"table", "key", "endpoint", "region", "sslmode", "anonymous"}
)  # of an address; others may hold secrets


def is_elsewhere(source: object) -> bool:
    """Whether a source is an address, not a path on this machine.

    >>> is_elsewhere("s3://b/a.parquet"), is_elsewhere("C:/a.parquet"), is_elsewhere("a/b.csv")
    (True, False, False)
    """
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", str(source)) is not None


def scheme_of(address: str) -> str:
    """The scheme of an address that is read. Raises UnreadableSource, with the nearest, for any other."""
    scheme = address.partition("://")[0].lower()
    scheme = {"postgres": "postgresql", "postgresql+psycopg": "postgresql", "s3a": "s3"}.get(scheme, scheme)
    if scheme not in SCHEMES:
        hint = INSTEAD.get(scheme) or f"{nearest(scheme, SCHEMES)} Read are {', '.join(SCHEMES)}."
        raise UnreadableSource(f"Addresses of {shown(scheme)} are not read.", where=without_secrets(address), hint=hint)
    return scheme


def looked_at(source: str) -> bool:
    """Whether a source lies on this machine: a path, or a file that is a database.

    >>> looked_at("a.csv"), looked_at("sqlite:///a.db?table=t"), looked_at("s3://b/k")
    (True, True, False)
    """
    return not is_elsewhere(source) or source.partition("://")[0].lower() in ("sqlite", "duckdb")


def table_address(connection: str, table: str, key: str | None = None) -> str:
    """The one address of a table behind a connection.

    >>> table_address("postgresql://me@host/db", "public.flights")
    'postgresql://me@host/db?table=public.flights'
    """
    more = [("table", table)] + ([("key", key)] if key else [])
    return connection + ("&" if "?" in connection else "?") + urlencode(more)


def option(address: str, name: str) -> str | None:
    """What an address gives for an option behind its question mark, or None."""
    try:
        return next((value for key, value in parse_qsl(urlsplit(address).query) if key == name), None)
    except ValueError:
        return None


def without_secrets(source: str) -> str:
    """An address as it may be shown and kept: without a password or keys, and without what may be a signature.

    >>> without_secrets("postgresql://me:secret@host/db?table=t")
    'postgresql://me@host/db?table=t'
    >>> without_secrets("https://host/a.csv?sig=abc&x=1")
    'https://host/a.csv?…'
    """
    if not is_elsewhere(source):
        return source
    try:
        parts = urlsplit(source)
    except ValueError:
        return source.partition("://")[0] + "://…"
    user, sign, host = parts.netloc.rpartition("@")
    user, colon, password = user.partition(":")
    if parts.scheme in ("s3", "s3a", "http", "https") and not VARIABLE.fullmatch(user):
        user = ""
    user += colon + password if user and VARIABLE.fullmatch(password) else ""  # a name of a secret is none
    netloc = f"{user}@{host}" if sign and user else host
    options = parse_qsl(parts.query, keep_blank_values=True)
    told = parts.scheme in (*DATABASES, "postgres", "s3", "s3a")
    kept = [(key, value) for key, value in options if key in PLAIN_OPTIONS and told]
    query = urlencode(kept, safe="/:.,*") + ("…" if len(kept) < len(options) else "")
    return f"{parts.scheme}://{netloc}{parts.path}" + (f"?{query}" if query else "")


def local_file(address: str) -> Path:
    """The file that sqlite:///PATH or duckdb:///PATH names: three slashes and a path, four for one from the root."""
    parts = urlsplit(address)
    path = unquote(parts.path)[1:]
    if parts.netloc or not path or "\0" in path:
        hint = f"Write {parts.scheme}:///folder/file.db?table=NAME, with four slashes for a path from the root."
        raise UnreadableSource("The address names no file.", where=without_secrets(address), hint=hint)
    return Path(path).expanduser()


def beside(file: Path) -> tuple[Path, ...]:
    """The files that a database of SQLite or DuckDB writes ahead to."""
    return file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}.wal")


def allowed_hosts() -> tuple[str, ...]:
    """The hosts (data.example.org, *.example.org) and buckets (s3://bucket) that are configured; none by default."""
    return tuple(one.strip().lower() for one in os.environ.get(HOSTS, "").split(",") if one.strip())


def may_be_typed(address: str) -> None:
    """Refuse an address that a visitor of the page may not have asked: only configured hosts and buckets, no database.

    Raises UnreadableSource that says what is configured, and by whom.
    """
    scheme = scheme_of(address)
    if scheme in DATABASES:
        hint = "Name table and connection in a monitor's file; its owner decides what this machine connects to."
        raise UnreadableSource(
            "Tables of databases are not opened from here.", where=without_secrets(address), hint=hint
        )
    if not _listed(scheme, host_of(address)):
        named = ", ".join(allowed_hosts()) or "none"
        hint = f"Allowed: {named}. Whoever runs the server sets {HOSTS}."
        raise UnreadableSource("This address may not be asked from here.", where=without_secrets(address), hint=hint)


def may_be_asked(address: str) -> None:
    """Refuse an address beyond the configured ones, where any are configured. Raises UnreadableSource."""
    if (scheme := scheme_of(address)) not in ("sqlite", "duckdb"):
        host_may_be_asked(address, scheme, without_secrets(address))


def host_may_be_asked(address: str, scheme: str, where: str) -> None:
    """As may_be_asked, for an address of any scheme, which another program reads. where: what it is called."""
    if allowed_hosts() and not _listed(scheme, host_of(address)):
        hint = f"Allowed: {', '.join(allowed_hosts())}. Whoever runs this machine sets {HOSTS}."
        raise UnreadableSource("This host may not be asked.", where=where, hint=hint)


def host_of(address: str) -> str:
    """The host of an address, or the bucket; raises UnreadableSource where there is none."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or re.search(r"[\s\\\x00-\x1f]", address.partition("?")[0]):
        raise UnreadableSource("The address cannot be read.", where=shown(without_secrets(plain(address))))
    return host.lower()


def _listed(scheme: str, host: str) -> bool:
    name = f"s3://{host}" if scheme == "s3" else host
    return any(fnmatchcase(name, quote(one, safe="*:/.-_[]")) for one in allowed_hosts())


def reachable(numbers: Iterable[str], host: str, *, private: bool, where: str) -> None:
    """Refuse a host whose numbers lie where keys are kept, or (private False) inside this machine's own network.

    A configured host is never refused. Raises UnreadableSource.
    """
    if host.lower() in allowed_hosts():
        return
    for text in numbers:
        number = ipaddress.ip_address(text.partition("%")[0])
        number = getattr(number, "ipv4_mapped", None) or number
        if any(
            number in ipaddress.ip_network(one) for one in SECRET if ipaddress.ip_network(one).version == number.version
        ):
            said = f"{plain(host)} is {number}, where a cloud gives keys to its machines; that is no place of data."
            raise UnreadableSource(said, where=where, hint=f"{HOSTS} can allow it by name.")
        if not private and not number.is_global:
            said = f"A public address leads on to {plain(host)} ({number}), inside a private network."
            raise UnreadableSource(said, where=where, hint=f"{HOSTS} can allow it by name.")
