"""One HTTP request, bounded in time: straight to the host, TLS verified, no redirect followed, no proxy asked.

http.client is enough for one POST, and does nothing that was not asked for: urllib would read proxies and passwords
from the environment and follow redirects with the body's secret.
"""

import http.client
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from engine.deliver.message import Answer, Post

SECONDS = 10.0  # for all of one try: name, connection, TLS, answer
MOST = 64 * 1024  # bytes of an answer that are read
LONGEST_WAIT = 24 * 3600.0  # seconds that a Retry-After is honoured for, at most
AGENT = "plumbline"


def post(given: Post, seconds: float = SECONDS) -> Answer:
    """Send a request and tell how it ended; raises nothing, and never takes longer than it may.

    seconds: for everything, a slow look-up of the host's name and an answer that drips included.
    """
    found: list[Answer] = []
    line: list[http.client.HTTPConnection] = []
    done = threading.Thread(target=lambda: found.append(_tried(given, seconds, line, found)), daemon=True)
    done.start()
    done.join(seconds)
    answer = found[0] if found else Answer(False, f"no answer within {seconds:.1f} s", again=True)
    for one in line if done.is_alive() else ():  # whatever it still waits for ends
        if (sock := one.sock) is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
    return answer


def _tried(given: Post, seconds: float, line: list[http.client.HTTPConnection], found: list[Answer]) -> Answer:
    try:
        return _posted(given, seconds, line, found)
    except ssl.SSLCertVerificationError as error:
        return Answer(False, f"its certificate is not trusted: {error.verify_message}", again=True)
    except ssl.SSLError as error:
        return Answer(False, f"TLS failed: {error.reason or 'no answer in TLS'}", again=True)
    except TimeoutError:
        return Answer(False, f"no answer within {seconds:.1f} s", again=True)
    except socket.gaierror:
        return Answer(False, "its host has no address", again=True)
    except OSError as error:
        return Answer(False, f"it cannot be reached: {error.strerror or type(error).__name__}", again=True)
    except http.client.InvalidURL:
        return Answer(False, "its address cannot be used")
    except http.client.HTTPException:
        return Answer(False, "its answer is no HTTP", again=True)
    except (ValueError, UnicodeError):  # a port of a million, a host that is no host
        return Answer(False, "its address cannot be used")


def _posted(given: Post, seconds: float, line: list[http.client.HTTPConnection], found: list[Answer]) -> Answer:
    """Puts the answer into found as soon as the status is there, though its body may take longer than there is time."""
    parts = urlsplit(given.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return Answer(False, "its address is no http(s)://host/path")
    if parts.username is not None or parts.password is not None:
        return Answer(False, "its address holds a password; write it without")
    if parts.scheme == "https":
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        made: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=seconds, context=context
        )
    else:
        made = http.client.HTTPConnection(parts.hostname, parts.port, timeout=seconds)
    line.append(made)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"User-Agent": AGENT, "Connection": "close", **given.headers}
        made.request("POST", path, given.body, headers)
        answer = made.getresponse()
        found.append(judged(answer.status, answer.headers.get("Retry-After"), given.fine))
        with suppress(OSError, http.client.HTTPException, ValueError):
            answer.read(MOST)  # the status says all; what follows is read so that the host can finish
        return found[0]
    finally:
        made.close()


def judged(status: int, retry_after: str | None = None, fine: tuple[int, ...] = (200,)) -> Answer:
    """What a status means: done, try again, or do not: 408, 429 and 5xx may pass, other 4xx will not.

    >>> judged(429, "7"), judged(404).again, judged(301).said
    (Answer(ok=False, said='HTTP 429', again=True, after=7.0), False, 'HTTP 301, a redirect, which is not followed')
    """
    if status in fine:
        return Answer(True, f"HTTP {status}")
    if 300 <= status < 400:
        return Answer(False, f"HTTP {status}, a redirect, which is not followed")
    again = status in (408, 429) or status >= 500 or 200 <= status < 300
    return Answer(False, f"HTTP {status}", again, waited(retry_after) if again else None)


def waited(text: str | None, now: datetime | None = None) -> float | None:
    """The seconds of a Retry-After header, a number or a moment; None for none, or one that is neither.

    >>> waited("120"), waited("soon"), waited("99999999")
    (120.0, None, 86400.0)
    """
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return min(float(text.strip()[:12]), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - (now or datetime.now(UTC))).total_seconds(), 0.0), LONGEST_WAIT)
