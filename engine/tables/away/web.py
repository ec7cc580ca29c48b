"""A file behind an https address, brought to the cache: asked whether it changed, resumed where it was cut, bounded."""

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from engine.errors import UnreadableSource, plain, shown
from engine.tables import cache
from engine.tables.away.addresses import host_of, may_be_asked, reachable, without_secrets
from engine.tables.files.copies import Brought, Tell
from engine.tables.settings import setting

GIGABYTES, SECONDS = "PLUMBLINE_FETCH_GB", "PLUMBLINE_FETCH_SECONDS"  # limits of a file and of a silence
TRIES = 4
HOPS = 5  # redirects that are followed
PIECE = 1 << 20
AGAIN = (408, 429, 500, 502, 503, 504)  # answers after which it is tried again


@dataclass(frozen=True)
class Held:
    """What is known of the copy that is here. file: its name in the folder of the address."""

    file: str
    etag: str | None
    modified: str | None


def fetch(address: str, tell: Tell) -> Brought:
    """The file behind an address, as a file in the cache; not loaded again while the server says it is unchanged.

    Raises UnreadableSource, which says what was tried and what the server said.
    """
    where, folder = without_secrets(address), cache.shelf("fetched", cache.key_of("web", address))
    held = _held(folder)
    for tried in range(1, TRIES + 1):
        try:
            found = _once(address, folder, held, where, tell)
            return Brought((folder / found.file,), folder, how=f"from {plain(host_of(address))}")
        except _Again as error:
            if tried == TRIES:
                said = f"The server did not give it in {TRIES} tries: {error}."
                raise UnreadableSource(said, where=where, hint=error.hint) from None
            tell(0.0, f"trying again: {error}")
            time.sleep(min(error.after or 0.25 * 2**tried, 20.0))
    raise AssertionError


class _Again(Exception):
    """What may go better at the next try."""

    def __init__(self, said: str, hint: str | None = None, after: float | None = None) -> None:
        super().__init__(said)
        self.hint, self.after = hint, after


def _held(folder: Path) -> Held | None:
    try:
        held = Held(**json.loads((folder / "about.json").read_text(encoding="utf-8")))
        return held if (folder / held.file).is_file() else None
    except (OSError, ValueError, TypeError):
        return None


def _once(address: str, folder: Path, held: Held | None, where: str, tell: Tell) -> Held:
    """Ask once, following redirects; go on with what a cut try left behind."""
    part, about = folder / f"part-{os.getpid()}", folder / f"part-{os.getpid()}.tag"
    headers = {"User-Agent": "plumbline", "Accept": "*/*", "Accept-Encoding": "identity"}
    have = part.stat().st_size if part.is_file() and about.is_file() else 0
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": about.read_text(encoding="utf-8")}
    elif held is not None and (held.etag or held.modified):
        headers |= {"If-None-Match": held.etag} if held.etag else {"If-Modified-Since": held.modified or ""}
    connection, answer = _answer(address, headers, where)
    try:
        if answer.status == 304 and held is not None:
            return held
        if answer.status == 416:
            part.unlink(missing_ok=True)
            raise _Again("what was left of the last try does not fit")
        if answer.status not in (200, 206):
            _refused(answer, where)
        have = have if answer.status == 206 else 0
        etag, modified = answer.getheader("ETag"), answer.getheader("Last-Modified")
        about.write_text(etag if etag and not etag.startswith("W/") else modified or "", encoding="utf-8")
        _written(answer, part, have, where, tell)
    except (TimeoutError, OSError, http.client.HTTPException) as error:
        if isinstance(error, OSError) and error.errno in (28, 122):
            part.unlink(missing_ok=True)
            raise UnreadableSource("There is no room for it.", where=where, hint=f"{folder} is full.") from None
        raise _Again(f"the connection broke ({_why(error)})") from None
    finally:
        connection.close()
    name = f"{cache.fingerprint(part)[:32]}.data"
    if (folder / name).is_file():
        part.unlink()
    else:
        part.replace(folder / name)
    about.unlink(missing_ok=True)
    found = Held(name, etag, modified)
    cache.write_text(folder / "about.json", json.dumps(found.__dict__))
    cache.let_go(folder.glob("*.data"), spare=folder / name)
    cache.evict(spare=folder)
    return found


def _written(answer: http.client.HTTPResponse, part: Path, have: int, where: str, tell: Tell) -> None:
    """The body of an answer behind what is there already, and no more than is allowed."""
    most, length = setting(GIGABYTES, 50.0) * 1e9, answer.getheader("Content-Length")
    total = have + int(length) if length and length.isdecimal() else None
    if (total or 0) > most:
        raise UnreadableSource(f"It has {total:,} bytes.", where=where, hint=f"{GIGABYTES} allows {most / 1e9:g} GB.")
    if total is not None and total - have > shutil.disk_usage(part.parent).free:
        raise UnreadableSource(
            f"There is no room for its {total:,} bytes.", where=where, hint=f"{part.parent} is full."
        )
    with part.open("ab" if have else "wb") as target:
        while piece := answer.read(PIECE):
            have += len(piece)
            if have > most:
                target.close()
                part.unlink()
                hint = f"{GIGABYTES} allows {most / 1e9:g} GB."
                raise UnreadableSource("It does not end.", where=where, hint=hint)
            target.write(piece)
            tell(
                have / total if total else 0.0,
                f"loaded {have / 1e6:,.0f} MB" + (f" of {total / 1e6:,.0f}" if total else ""),
            )
    if total is not None and have < total:
        raise _Again(f"the connection broke after {have:,} of {total:,} bytes")


def _refused(answer: http.client.HTTPResponse, where: str) -> None:
    after = answer.getheader("Retry-After") or ""
    if answer.status in AGAIN:
        raise _Again(f"it answered {answer.status}", after=float(after) if after.isdecimal() else None)
    said = f"The server answered {answer.status} {plain(answer.reason or '')}".rstrip() + "."
    hints = {401: "It wants to know who asks: write https://USER:PASSWORD@HOST/…, with ${NAME} in a monitor.",
             403: "Who asks may not read it, or a signature is over.", 404: "Nothing is at this address."}  # fmt: skip
    raise UnreadableSource(said, where=where, hint=hints.get(answer.status))


def _answer(
    address: str, headers: Mapping[str, str], where: str
) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    """The answer to one question, after redirects to http(s) addresses that may be asked."""
    private, at = True, address
    for _ in range(HOPS + 1):
        may_be_asked(at)
        connection, here = _connected(at, private, where)
        parts = urlsplit(at)
        target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (f"?{parts.query}" if parts.query else "")
        sent = dict(headers)
        if parts.username is not None:
            who = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            sent["Authorization"] = "Basic " + b64encode(who.encode()).decode()
        try:
            connection.request("GET", target, headers=sent)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            if isinstance(error, ssl.SSLCertVerificationError):
                raise _untrusted(error, where) from None
            raise _Again(f"{plain(host_of(at))} did not answer ({_why(error)})", "Is the machine connected?") from None
        if answer.status not in (301, 302, 303, 307, 308):
            return connection, answer
        onward = answer.getheader("Location") or ""
        connection.close()
        before, at = at, urljoin(at, onward)
        if urlsplit(at).scheme not in ("http", "https"):
            said = f"The server leads on to {shown(without_secrets(at))}, which is no web address."
            raise UnreadableSource(said, where=where)
        if urlsplit(before).scheme == "https" and urlsplit(at).scheme == "http":
            raise UnreadableSource("The server leads on from https to http.", where=where)
        private = private and here
    raise UnreadableSource(f"The server leads on more than {HOPS} times.", where=where)


def _connected(address: str, private: bool, where: str) -> tuple[http.client.HTTPConnection, bool]:
    """A connection to the very number that was looked at, and whether that lies in a private network."""
    host, parts = host_of(address), urlsplit(address)
    port, seconds = parts.port or (443 if parts.scheme == "https" else 80), setting(SECONDS, 30.0)
    context = ssl.create_default_context() if parts.scheme == "https" else None
    proxy = getproxies().get(parts.scheme)
    if proxy and not proxy_bypass(host):  # the proxy decides whom it asks
        return _through(proxy, host, port, context, seconds), True
    try:
        numbers = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise _Again(f"{plain(host)} is not known ({_why(error)})", "Is the name right?") from None
    reachable(numbers, host, private=private, where=where)
    here = any(not ip_address(one.partition("%")[0]).is_global for one in numbers)
    wait = min(seconds, 10.0)
    try:
        for number in numbers:
            try:
                sock = socket.create_connection((number, port), timeout=wait)
                break
            except OSError:
                if number == numbers[-1]:
                    raise
        sock.settimeout(seconds)
        sock = context.wrap_socket(sock, server_hostname=host) if context else sock
    except ssl.SSLCertVerificationError as error:
        raise _untrusted(error, where) from None
    except OSError as error:
        raise _Again(f"{plain(host)} did not answer ({_why(error)})", "Is the machine connected?") from None
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    connection.default_port = 443 if context else 80  # so that Host tells no port that goes without saying
    connection.sock = sock
    return connection, here


def _untrusted(error: ssl.SSLCertVerificationError, where: str) -> UnreadableSource:
    said = f"Its certificate is not to be trusted: {plain(error.verify_message).rstrip('.')}."
    return UnreadableSource(said, where=where, hint="Name the authority's certificate in SSL_CERT_FILE.")


def _through(
    proxy: str, host: str, port: int, context: ssl.SSLContext | None, seconds: float
) -> http.client.HTTPConnection:
    """A connection through the proxy that the environment names, by a tunnel for both schemes."""
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    at = parts.hostname or "", parts.port or 3128
    made = (
        http.client.HTTPSConnection(*at, timeout=seconds, context=context)
        if context is not None
        else http.client.HTTPConnection(*at, timeout=seconds)
    )
    made.set_tunnel(host, port)
    return made


def _why(error: BaseException) -> str:
    said = str(getattr(error, "strerror", None) or error) or type(error).__name__
    return plain(re.sub(r"^\[[^\]]*\]\s*", "", said).rstrip("."), 120)
