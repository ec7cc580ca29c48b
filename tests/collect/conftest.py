"""Real folders, real processes: a served model, and Python programs that log."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.collect import open_collector
from engine.tables.sources import open_dataset

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "logs"


@pytest.fixture
def collect(folder):
    """Collectors on the folder, closed at the end."""
    opened = []

    def begin(**settings):
        opened.append(open_collector(folder, **settings))
        return opened[-1]

    yield begin
    for one in opened:
        one.close()


def rows(folder):
    """All rows of a folder, as a monitor reads them, in order of time."""
    dataset = open_dataset(folder)
    return dataset.query(f"SELECT * FROM {dataset.scan} ORDER BY served_at").to_pylist()


def program(text, *arguments, **environment):
    """A Python program in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", text, *map(str, arguments)],
        cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


class Server:
    """The example of the docs behind uvicorn."""

    def __init__(self, folder, app="docs.examples.serve:app", workers=1, **environment):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", app, "--port", str(self.port), "--workers", str(workers)],
            cwd=ROOT, env=os.environ | {"COLLECT": str(folder)} | environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < deadline and self.process.poll() is None, "the server did not start"
                time.sleep(0.05)

    def ask(self, body, path="/predict", method="POST", headers=None):
        """Status and answer of one request on a connection of its own."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        said = body if isinstance(body, bytes) else json.dumps(body).encode()
        line.request(method, path, said, {"content-type": "application/json"} | (headers or {}))
        answer = line.getresponse()
        found = answer.status, answer.read()
        line.close()
        return found

    def end(self, signal):
        """Sends a signal, waits, and gives what the server said on stderr."""
        self.process.send_signal(signal)
        return self.process.communicate(timeout=30)[1]


@pytest.fixture
def serve():
    begun = []

    def begin(*arguments, **settings):
        begun.append(Server(*arguments, **settings))
        return begun[-1]

    yield begin
    for one in begun:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()
