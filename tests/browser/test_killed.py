"""The server dies under an open page and is started anew: what was being sent goes on by itself, in the new session."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, wait_for
from tests.browser.signing_in import free_port
from tests.browser.steps import visit


class Server:
    """The app on a port that it comes back to."""

    def __init__(self, home) -> None:
        self.home, self.port, self.running = home, free_port(), None
        self.address = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        log = self.home / "server.log"
        more = {"PLUMBLINE_HOME": str(self.home), "PLUMBLINE_STORE": f"sqlite:///{self.home}/store.db"}
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port)]
        with log.open("a") as stream:
            self.running = subprocess.Popen(
                command, cwd=ROOT, stdout=stream, stderr=subprocess.STDOUT, env=os.environ | more
            )
        wait_for(f"{self.address}/_stcore/health", self.running, log)

    def stop(self, how: int) -> None:
        self.running.send_signal(how)
        self.running.wait(timeout=20)


@pytest.fixture
def server(tmp_path) -> Iterator[Server]:
    made = Server(tmp_path)
    made.start()
    yield made
    made.stop(signal.SIGTERM)
    assert "Traceback" not in (tmp_path / "server.log").read_text()


@pytest.mark.slow
def test_an_upload_goes_on_when_the_server_is_back(context, server, tmp_path):
    page: Page = context.new_page()  # its browser complains of a server that is gone, as it should
    path = tmp_path / "big.csv"
    path.write_text("x\n" + "".join(f"{i}\n" for i in range(4_000_000)))
    visit(page, f"{server.address}/data", "Data")
    slow = context.new_cdp_session(page)
    slow.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 4_000_000}
    slow.send("Network.emulateNetworkConditions", limits)
    sent: list[int] = []
    page.on("request", lambda one: sent.append(int(one.headers["upload-offset"])) if one.method == "PUT" else None)
    how = page.locator(".st-key-side_reference .how")
    page.locator(".st-key-side_reference input[type=file]").set_input_files(path)
    while len(sent) < 2:  # the first piece is there
        page.wait_for_timeout(100)
    server.stop(signal.SIGKILL)
    expect(how).to_contain_text("The connection was cut; trying again in")
    killed = len(sent)
    server.start()
    expect(page.locator(".st-key-side_reference strong")).to_have_text("big.csv", timeout=90_000)
    expect(page.get_by_text("4,000,000").first).to_be_visible(timeout=60_000)
    assert sent[killed:] and min(sent[killed:]) >= 8 << 20, "nothing that was there is sent again"
    assert page.get_by_text("This cannot be read").count() == 0
