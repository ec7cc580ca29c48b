"""Servers of files as they are in the world: with ranges and tags, over TLS, cut, slow, leading elsewhere."""

import hashlib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Site:
    """A folder that is served. asked: what was asked, with headers and answer; rules: path -> what it does instead."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked, self.address = folder, [], ""
        self.moved: dict[str, str] = {}  # path -> Location
        self.codes: dict[str, list[int]] = {}  # path -> codes that are answered first
        self.cuts: dict[str, int] = {}  # path -> bytes after which the next answer breaks off, once
        self.password: str | None = None
        self.tags = True


@contextmanager
def served(folder: Path, certificate: tuple[Path, Path] | None = None) -> Iterator[Site]:
    """The folder under http, or under https with a certificate and its key."""
    site = Site(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def answer(self, code: int, body: bytes = b"", **headers: str) -> None:
            site.asked.append((self.path, dict(self.headers), code))
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            cut = site.cuts.pop(self.path, None) if code in (200, 206) else None
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if cut is None else body[:cut])
            if cut is not None:
                self.close_connection = True

        def do_GET(self) -> None:
            if self.path in site.moved:
                return self.answer(302, Location=site.moved[self.path])
            if site.codes.get(self.path):
                return self.answer(site.codes[self.path].pop(0), b"busy", Retry_After="0")
            if site.password is not None and self.headers["Authorization"] != site.password:
                return self.answer(401)
            path = site.folder / self.path.partition("?")[0].lstrip("/")
            if not path.is_file():
                return self.answer(404)
            body = path.read_bytes()
            tag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
            told = {"ETag": tag} if site.tags else {}
            if site.tags and self.headers["If-None-Match"] == tag:
                return self.answer(304, **told)
            begin = self.headers["Range"]
            if begin and self.headers["If-Range"] == tag:
                start = int(begin.removeprefix("bytes=").rstrip("-"))
                told["Content_Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
                return self.answer(206, body[start:], **told)
            return self.answer(200, body, **told)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "https" if certificate else "http"
    site.address = f"{scheme}://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
