"""Real hosts to send to: HTTP that is up, down, slow or rude, and an SMTP server, each in a thread of its own."""

import asyncio
import email
import email.policy
import json
import ssl
import subprocess
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Host:
    """An HTTP host. says: what each request is answered with, the last one for all that follow; got: requests.

    An answer is a status, (status, headers), or the name of something rude.
    """

    def __init__(self, *says, certificate=None):
        self.says, self.got, self.lock = list(says) or [200], [], threading.Lock()
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                with suppress(OSError):
                    host.answer(self)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}/hook/T0secretToken1"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer(self, to):
        body = to.rfile.read(int(to.headers.get("Content-Length", 0)))
        with self.lock:
            self.got.append({"path": to.path, "headers": dict(to.headers), "body": body, "at": time.time()})
            said = self.says[min(len(self.got), len(self.says)) - 1]
        if callable(said):
            return said(to)
        if isinstance(said, str):
            return getattr(self, f"_{said}")(to)
        status, headers = said if isinstance(said, tuple) else (said, {})
        to.send_response(status)
        for name, value in headers.items():
            to.send_header(name, value)
        to.send_header("Content-Length", "2")
        to.end_headers()
        to.wfile.write(b"ok")

    def _slow(self, to):
        time.sleep(60)

    def _drip(self, to):
        """An answer whose head never ends, a sign at a time: no single read takes long."""
        to.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(600):
            to.wfile.write(b"a")
            to.wfile.flush()
            time.sleep(0.1)

    def _huge(self, to):
        to.send_response(200)
        to.end_headers()
        for _ in range(100_000):
            to.wfile.write(b"x" * 100_000)

    def _cut(self, to):
        """Closes in the middle of the status line."""
        to.wfile.write(b"HTTP/1.1 20")
        to.wfile.flush()
        to.connection.close()

    def _silent(self, to):
        to.connection.close()

    def _noise(self, to):
        to.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    @property
    def documents(self):
        return [json.loads(one["body"]) for one in self.got]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def certificate(folder, host="127.0.0.1"):
    """A certificate that nobody vouches for, and its key."""
    files = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
         "-addext", f"subjectAltName=IP:{host}", "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True,
    )  # fmt: skip
    return files


class Post:
    """An SMTP server. refuses: address -> code; replies: command -> reply instead of the usual one, None for none."""

    def __init__(self, refuses=None, replies=None, certificate=None, password=None, starttls=None, deaf=False):
        self.refuses, self.replies, self.password = refuses or {}, replies or {}, password
        self.letters, self.logins, self.starttls, self.deaf = [], [], starttls, deaf
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.tls = self._context(certificate) if certificate else None

        def work():
            asyncio.set_event_loop(self.loop)
            self.server = self.loop.run_until_complete(
                asyncio.start_server(self.talk, "127.0.0.1", 0, ssl=self.tls)
            )  # fmt: skip
            self.port = self.server.sockets[0].getsockname()[1]
            ready.set()
            self.loop.run_forever()
            self.loop.close()

        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()
        ready.wait(10)

    @staticmethod
    def _context(files):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        return context

    async def talk(self, reader, writer):
        try:
            await self._talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader, writer):
        if self.deaf:
            await asyncio.sleep(60)
        secure = self.tls is not None

        async def say(text):
            writer.write(text.encode() + b"\r\n")
            await writer.drain()

        await say(self.replies.get("HELLO", "220 test"))
        to = []
        while line := (await reader.readline()).decode(errors="replace").strip():
            verb = line.split(" ")[0].upper()
            if verb in self.replies and self.replies[verb] is None:
                await asyncio.sleep(60)
            elif verb in self.replies:
                await say(self.replies[verb])
                if self.replies[verb].startswith("421"):
                    return
            elif verb == "EHLO":
                more = ["STARTTLS"] if self.starttls and not secure else []
                more += ["AUTH PLAIN LOGIN"] if self.password else []
                rows = ["test", *more, "SIZE 1000000"]
                for i, row in enumerate(rows):
                    await say(f"250{' ' if i == len(rows) - 1 else '-'}{row}")
            elif verb == "STARTTLS":
                await say("220 go")
                await writer.start_tls(self._context(self.starttls))
                secure = True
            elif verb == "AUTH":
                self.logins.append((line, secure))
                await say("235 fine" if line.endswith(self.password) else "535 no")
            elif verb == "RCPT":
                address = line.partition("<")[2].rstrip(">")
                code = self.refuses.get(address)
                if code is None:
                    to.append(address)
                await say(f"{code} not here" if code else "250 ok")
            elif verb == "DATA":
                await say("354 go on")
                raw = await reader.readuntil(b"\r\n.\r\n")
                message = email.message_from_bytes(raw[:-3], policy=email.policy.default)
                self.letters.append({"to": to, "raw": raw, "message": message, "secure": secure})
                to = []
                await say("250 queued")
            elif verb == "QUIT":
                await say("221 bye")
                return
            else:
                await say("250 ok")

    def close(self):
        async def end():
            self.server.close()
            rest = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
            for one in rest:
                one.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
            self.loop.stop()

        asyncio.run_coroutine_threadsafe(end(), self.loop)
        self.thread.join(10)
