"""The server dies under an open page and is started anew: what was being sent goes on by itself, in the new session."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import free_port, running
from tests.browser.steps import visit


@pytest.mark.slow
def test_an_upload_goes_on_when_the_server_is_back(context, tmp_path):
    settings = {"PLUMBLINE_HOME": str(tmp_path), "PLUMBLINE_STORE": f"sqlite:///{tmp_path}/store.db"}
    port = free_port()
    page: Page = context.new_page()  # its browser complains of a server that is gone, as it should
    path = tmp_path / "big.csv"
    path.write_text("x\n" + "".join(f"{i}\n" for i in range(4_000_000)))
    with running(tmp_path, settings, port) as server:
        visit(page, f"http://127.0.0.1:{port}/data", "Data")
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
        server.kill()
        server.wait(20)
        expect(how).to_contain_text("The connection was cut; trying again in")
        killed = len(sent)
    with running(tmp_path, settings, port):
        expect(page.locator(".st-key-side_reference strong")).to_have_text("big.csv", timeout=90_000)
        expect(page.get_by_text("4,000,000").first).to_be_visible(timeout=60_000)
        assert sent[killed:] and min(sent[killed:]) >= 8 << 20, "nothing that was there is sent again"
        assert page.get_by_text("This cannot be read").count() == 0
