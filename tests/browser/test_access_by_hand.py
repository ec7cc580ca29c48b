"""Streamlit's protocol spoken by hand, after a real sign-in: others' widgets, pages, sessions, files and cookies."""

import asyncio
import hashlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from engine.record import Decision
from engine.store import Store, decisions, entries, open_store, records, verify
from tests.browser.by_hand import Hand
from tests.browser.signing_in import COOKIE, NAMES, enter, signed_in
from tests.browser.test_access import forged
from tests.getting import needed, openid

DECIDE = "FormSubmitter:decide-Record the decision"
ACCEPT = "accept – known and fine as it is; it calls again when it gets worse"


@dataclass(frozen=True)
class World:
    """The app, what it writes to, and the cookies of who has signed in."""

    address: str
    home: Path
    store: Store
    cookies: dict[str, dict[str, str]]

    def hand(self, login: str | None = None, before: str = "", **cookies: str) -> Hand:
        return Hand(self.address, cookies or self.cookies[login] if login or cookies else {}, before)

    def kept(self) -> dict[str, bytes]:
        """All that a visitor could have changed: monitors, cohorts, uploads, roles; and the ledger's entries."""
        files = [*self.home.glob("*.yaml"), *self.home.glob("monitors/**/*"), *self.home.glob("cohorts/*.json")]
        files += self.home.glob("cache/uploads/*/*")
        found = {str(one): one.read_bytes() for one in files if one.is_file()}
        return found | {"ledger": str(len(entries(self.store))).encode()}

    def log(self) -> str:
        return (self.home / "server.log").read_text()


@pytest.fixture(scope="module")
def world(tmp_path_factory, browser, browser_context_args):
    home = tmp_path_factory.mktemp("by-hand")
    with signed_in(home, needed(openid)) as address:
        cookies = {}
        context = browser.new_context(**{**browser_context_args, "base_url": address})
        page = context.new_page()
        for login in ("vera", "anna", "rita", "adam"):
            enter(page, address, login)
            cookies[login] = {one["name"]: one["value"] for one in context.cookies(address)}
            page.goto("about:blank")
            context.clear_cookies()
        context.close()
        store = open_store(f"sqlite:///{home}/store.db")
        yield World(address, home, store, cookies)
        store.engine.dispose()


def done(visit: Callable[[], Awaitable[None]]) -> None:
    """Run a visit to its end, in a thread of its own: Playwright keeps an event loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(visit())).result()


async def at(hand: Hand, path: str, query: str = "monitor=open-one") -> Hand:
    """Somebody on a page, which is in order."""
    answer = await hand.come(path, query)
    assert answer.wrong == [], answer.wrong
    return hand


def test_widgets_of_others_do_nothing(world):
    """On every page a viewer says that all of an admin's buttons were pressed, with all that the admin's page holds."""

    async def visit() -> None:
        adam, vera = await at(world.hand("adam"), "home"), await at(world.hand("vera"), "home")
        before, pressed = world.kept(), set()
        for path in sorted(vera.pages):
            assert (await adam.go(path)).wrong == []
            await vera.go(path)
            own, others = set(vera.elements), dict(adam.elements)
            theirs = [one for one in adam.buttons() if one not in own]
            answer = await vera.claim(adam, *theirs)
            assert answer.wrong == [] and "secret" not in vera.said, path
            adam.elements = others
            pressed |= set(theirs)
        assert {DECIDE, "record_due", "check", "find"} <= pressed, pressed
        assert world.kept() == before
        await adam.leave()
        await vera.leave()

    done(visit)


def test_a_decision_by_hand_is_that_of_who_may(world):
    async def visit() -> None:
        rita = await at(world.hand("rita"), "review")
        before = world.kept()
        for login in ("vera", "anna"):
            other = await at(world.hand(login), "review")
            assert DECIDE not in other.elements
            answer = await other.claim(rita, DECIDE, decide_choice=ACCEPT, decide_reason="by hand")
            assert answer.wrong == [] and "Recorded" not in other.said
            await other.leave()
        assert world.kept() == before
        await rita.claim(rita, DECIDE, decide_choice=ACCEPT, decide_reason="by hand")
        assert "Recorded" in rita.said, "the same message by who may: it is no other that stopped it"
        await rita.leave()

    done(visit)
    made = decisions(world.store, "open-one")[-1]
    assert made.reason == "by hand" and made.by.startswith("Rita Reviewer <rita@example.com> (signed in via")


def test_a_monitor_is_changed_by_who_may(world):
    path = world.home / "monitors" / "open-one.yaml"
    text = path.read_text()

    async def visit() -> None:
        adam = await at(world.hand("adam"), "monitor")
        adam.held["file"] = WidgetState(id=adam.elements["file"].id, string_value="open-one.yaml")
        changed = text.replace("owner: someone", "owner: nobody")
        await adam.claim(adam, yaml_text=changed)
        page = dict(adam.elements)
        assert not page["save_monitor"].disabled
        before = world.kept()
        for login in ("vera", "anna", "rita"):
            other = await at(world.hand(login), "monitor")
            assert "This page is not yours to see" in other.said and "nobody" not in other.said
            await other.claim(adam, "save_monitor", yaml_text=changed)
            assert "This page is not yours to see" in other.said
            await other.leave()
        assert world.kept() == before
        await adam.claim(adam, "save_monitor", yaml_text=changed)
        assert path.read_text() == changed
        await adam.leave()

    try:
        done(visit)
    finally:
        path.write_text(text)
    assert "refused where=edit" in world.log()


def test_pickers_take_no_name_of_what_is_hidden(world):
    hidden = records(world.store, "secret-one", findings=False)[-1].id

    async def visit() -> None:
        before = world.kept()
        for login in ("vera", "rita"):
            for path, key, there, missing in (
                ("review", "monitor", "secret-one", "no-such-1"), ("", "monitor", "secret-one", "no-such-1"),
                ("runs", "run", hidden, "0" * len(hidden)), ("runs", "of_monitor", "secret-one", "no-such-1"),
                ("snapshot", "run", hidden, "0" * len(hidden)),
            ):  # fmt: skip
                said = []
                for value in (there, missing):
                    hand = await at(world.hand(login), "home")
                    await hand.go(path)
                    state = WidgetState(id=hand.elements[key].id, string_value=value)
                    answer = await hand.show(hand.elements, hand.held | {key: state})
                    assert answer.wrong == [], answer.wrong
                    text = hand.said.replace("\\", "").replace(value, "X")
                    assert "secret" not in text and hidden not in text, f"{path} {key} {value}: {text}"
                    said.append(sorted(text.splitlines()))  # a line that is filled in later may be sent in its place
                    await hand.leave()
                assert said[0] == said[1], (path, key)
            for query in ("monitor=secret-one", f"run={hidden}", "file=secret-one.yaml"):
                for path in hand.pages:
                    other = world.hand(login)
                    assert (await other.come(path, query)).wrong == []
                    said = other.said.replace("\\", "").replace("'secret-one'", "").replace(f"'{hidden}'", "")
                    assert "secret" not in said and hidden not in said, (path, query)
                    await other.leave()
            for path, key, there, missing in (
                ("review", "monitor", "secret-one", "no-such-1"), ("columns", "monitor", "secret-one", "no-such-1"),
                ("thresholds", "monitor", "secret-one", "no-such-1"), ("runs", "of_monitor", "secret-one", "no-such-1"),
                ("runs", "run", hidden, "0" * len(hidden)), ("snapshot", "run", hidden, "0" * len(hidden)),
            ):  # fmt: skip
                told = []
                for value in (there, missing):
                    other = world.hand(login)
                    assert (await other.come(path, f"{key}={value}")).wrong == []
                    told.append(sorted(other.said.replace("\\", "").replace(value, "X").splitlines()))
                    await other.leave()
                assert told[0] == told[1], (login, path, key)
        assert world.kept() == before

    done(visit)


def test_nobody_and_forged_cookies_come_to_the_entrance_alone(world):
    whole = {
        "origin": world.address, "is_logged_in": True, "provider": "default", "iss": "http://localhost", "sub": "x",
        "name": "X", "email": "adam@example.com", "roles": ["bosses"], "iat": time.time(),
    }  # fmt: skip
    real = world.cookies["adam"]
    cases = {
        "no cookie": {},
        "another secret": {**real, "_streamlit_user": forged(whole, "another secret")},
        "another origin": {**real, "_streamlit_user": forged({**whole, "origin": "http://evil.example"}, COOKIE)},
        "over": {**real, "_streamlit_user": forged({**whole, "iat": time.time() - 13 * 3600}, COOKIE)},
        "not yet": {**real, "_streamlit_user": forged({**whole, "iat": time.time() + 3600}, COOKIE)},
        "no time": {**real, "_streamlit_user": forged({**whole, "iat": None}, COOKIE)},
        "not signed in": {**real, "_streamlit_user": forged({**whole, "is_logged_in": False}, COOKIE)},
        "signed in by a word": {**real, "_streamlit_user": forged({**whole, "is_logged_in": "yes"}, COOKIE)},
        "cut": {**real, "_streamlit_user": real["_streamlit_user"][:-3]},
        "no proof against other sites": {name: value for name, value in real.items() if name != "_streamlit_xsrf"},
    }

    async def visit() -> None:
        adam = await at(world.hand("adam"), "review")
        before = world.kept()
        for case, cookies in cases.items():
            hand = Hand(world.address, cookies)
            for path in ("review", "runs", "monitor"):
                assert (await hand.come(path, "monitor=open-one")).wrong == []
                assert "Sign in" in hand.said and b"open-one" not in hand.raw, (case, path)
                await hand.claim(adam, DECIDE, decide_choice=ACCEPT, decide_reason=case)
                assert "Sign in" in hand.said and b"open-one" not in hand.raw, (case, path)
                await hand.leave()
        assert world.kept() == before
        await adam.leave()

    done(visit)


def test_a_sign_in_that_ends_while_a_page_is_open_ends_there(world):
    """Roles are by the clock of each click: a cookie that was good when the page was opened is not good for ever."""
    claims = {
        "origin": world.address, "is_logged_in": True, "provider": "default", "iss": "http://localhost", "sub": "x",
        "name": "X", "email": "rita@example.com", "iat": time.time() - 12 * 3600 + 8,
    }  # fmt: skip
    cookies = {**world.cookies["rita"], "_streamlit_user": forged(claims, COOKIE)}

    async def visit() -> None:
        rita = await at(Hand(world.address, cookies), "review")
        assert DECIDE in rita.elements
        before, page = world.kept(), rita.elements
        await asyncio.sleep(max(0.0, claims["iat"] + 12 * 3600 + 0.5 - time.time()))
        rita.elements = page
        await rita.claim(rita, DECIDE, decide_choice=ACCEPT, decide_reason="too late")
        assert "A sign\\-in lasts 12 hours" in rita.said and b"open-one" not in rita.raw, rita.said
        assert world.kept() == before
        await rita.leave()

    done(visit)


def test_a_session_is_its_owners(world):
    """Whoever knows the id of another's session gets a new one, whether that one is still there or not."""

    async def visit() -> None:
        rita = await at(world.hand("rita"), "review")
        for login in ("vera", "anna", None):
            other = world.hand(login, before=rita.session)
            await other.come("review")
            assert (
                other.session != rita.session and "**Rita Reviewer**" not in other.said and DECIDE not in other.elements
            )
            await other.leave()
        session = rita.session
        await rita.leave()
        other = world.hand("vera", before=session)
        await other.come("review")
        assert other.session != session and DECIDE not in other.elements and "**Rita Reviewer**" not in other.said
        await other.leave()
        again = world.hand("rita", before=session)
        await again.come("review")
        assert again.session == session, "its owner goes on with it"
        await again.leave()

    done(visit)


def test_messages_that_no_page_sends_are_passed_over(world):
    async def visit() -> None:
        for login in ("vera", None):
            hand = world.hand(login)
            await hand.come("home")
            for name in ("clear_cache", "load_git_info", "set_run_on_save", "debug_shutdown_runtime"):
                await hand.say(BackMsg(**{name: True}))
            skills = BackMsg()
            skills.backend_operation_request.request_id = "1"
            skills.backend_operation_request.session_id = hand.session
            skills.backend_operation_request.install_skills.SetInParent()
            await hand.say(skills)
            await hand.say(BackMsg(app_heartbeat=True))
            assert await hand.hears("heartbeat_ack"), "the visit goes on"
            assert await hand.hears("git_info_changed", 0.5) is None
            await hand.leave()
            for words in ("text", b"\xff\xfe"):
                await hand.come("home")
                await hand.socket.send(words)
                with pytest.raises(ConnectionClosed):
                    await hand.hears("no such message")
                await hand.leave()

    done(visit)
    told = world.log()
    for name in ("clear_cache", "load_git_info", "set_run_on_save", "install_skills", "websocket"):
        assert told.count(f"refused where={name}") >= 2, name
    assert "Traceback" not in told


def test_streamlits_other_ways_in_are_shut(world):
    """It can be driven without a browser, by whoever asks: that is off, and stays off unless somebody turns it on."""
    cookie = "; ".join(f"{name}={value}" for name, value in world.cookies["adam"].items())
    for path in ("_stcore/agent/interact", "_stcore/agent/mcp"):
        asked = urllib.request.Request(f"{world.address}/{path}", b"{}", {"Cookie": cookie})
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(asked, timeout=20)
        assert b"not_available" in error.value.read() and error.value.code in (400, 403)
    with urllib.request.urlopen(f"{world.address}/_stcore/metrics", timeout=20) as answer:
        told = answer.read().decode()
    assert "active_sessions" in told and "open-one" not in told and "example.com" not in told


def test_a_reviewer_who_is_demoted_is_refused_at_the_next_click(world):
    access = world.home / "access.yaml"
    kept = access.read_text()

    async def visit() -> None:
        rita = await at(world.hand("rita"), "review")
        page, before = dict(rita.elements), len(entries(world.store))
        access.write_text(kept.replace("rita@example.com: reviewer", "rita@example.com: viewer"))
        await rita.claim(rita, DECIDE, decide_choice=ACCEPT, decide_reason="too late")
        assert "Deciding takes the role reviewer" in rita.said and len(entries(world.store)) == before
        await rita.go("columns")
        assert "This page is not yours to see" in rita.said
        access.write_text(kept.replace("people: {rita@example.com: reviewer}", ""))
        rita.elements = page
        await rita.claim(rita, DECIDE, decide_choice=ACCEPT, decide_reason="too late")
        assert "rita\\@example\\.com has no role here" in rita.said and b"open-one" not in rita.raw, rita.said
        assert len(entries(world.store)) == before
        await rita.leave()

    told = world.log().count("refused where=decide")
    try:
        done(visit)
    finally:
        access.write_text(kept)
    assert world.log().count("refused where=decide") == told + 2


def test_two_who_decide_the_same_at_once_both_stand_in_the_ledger(world):
    before = len(entries(world.store))

    async def visit() -> None:
        rita, adam = await at(world.hand("rita"), "review"), await at(world.hand("adam"), "review")
        pages = {one: dict(one.elements) for one in (rita, adam)}
        for turn in range(5):
            for one in (rita, adam):
                one.elements = pages[one]
            await asyncio.gather(
                rita.claim(rita, DECIDE, decide_choice=ACCEPT, decide_reason=f"rita {turn}"),
                adam.claim(adam, DECIDE, decide_choice=ACCEPT, decide_reason=f"adam {turn}"),
            )
            assert "Recorded" in rita.said and "Recorded" in adam.said
        await rita.go("review")
        await adam.go("review")
        for one in (rita, adam):
            await one.leave()

    done(visit)
    made: list[Decision] = [one for one in decisions(world.store, "open-one") if one.reason[:4] in ("rita", "adam")]
    assert sorted(one.reason for one in made) == [f"{who} {turn}" for who in ("adam", "rita") for turn in range(5)]
    assert all(one.by.casefold().startswith(one.reason[:4]) for one in made), "each under their own name"
    assert len(entries(world.store)) == before + 10 and verify(world.store).ok


def test_an_upload_is_its_sessions(world):
    """Anna's file by Adam, who may do all: by its id, as a path, through a link's address, in a monitor's file."""
    lines = [",".join(NAMES), *(f"{i},2024-03-{i % 28 + 1:02},{i},XX-ANNA" for i in range(500))]
    monitor = world.home / "monitors" / "open-one.yaml"
    text = monitor.read_text()

    async def visit() -> None:
        anna, adam = await at(world.hand("anna"), "data"), await at(world.hand("adam"), "data")
        token = json.loads(anna.elements["upload_reference"].json)["token"]
        upload = sent(world, "anna", token, "\n".join(lines).encode())
        (file,) = world.home.glob(f"**/a-{upload}.csv")
        assert sent(world, "adam", "f" * 32, b"x") == 403, "a token that is guessed opens nothing"
        await brought(anna, upload)
        assert "Here: **a\\.csv**" in anna.said and b"XX-ANNA" in anna.raw, anna.said
        await brought(adam, upload)
        assert "This upload is not here any more" in adam.said and b"XX-ANNA" not in adam.raw
        for path in (str(file), str(file.parent), f"{file.parent}/*.csv", f"{world.home}/monitors/../cache/uploads/*"):
            await choosing(adam, "how_reference", "Point to a path")
            await choosing(adam, "path_reference", path)
            assert "outside the folders that may be read" in adam.said, (path, adam.said[-600:])
            assert b"XX-ANNA" not in adam.raw and "Here: **a" not in adam.said
        await adam.come("monitor")
        await choosing(adam, "file", "open-one.yaml")
        below = f"../cache/uploads/{file.parent.name}/{file.name}"
        assert (monitor.parent / below).is_file(), "where the file is, seen from the monitors"
        for path in (str(file), below):
            changed = text.replace(str(world.home / "production.csv"), path)
            assert changed != text
            for button in ("check", "save_monitor"):
                await adam.claim(adam, yaml_text=changed)
                await adam.claim(adam, button, yaml_text=changed)
                assert "outside the folders that may be read" in adam.said, (button, path, adam.said[-800:])
        for query in (f"data={file}", f"monitor={upload}", f"reference={file}", f"session={token}", f"path={file}"):
            assert (await adam.come("data", query)).wrong == []
            assert b"XX-ANNA" not in adam.raw and "Here: **a" not in adam.said
        await anna.leave()
        await adam.leave()

    done(visit)
    assert monitor.read_text() == text


async def brought(hand: Hand, upload: str) -> None:
    """Say, as the uploader does, that a file is whole, and wait until it was read."""
    told = json.dumps([{"event": "done", "value": {"id": upload, "already": False}}])
    name = f"$$STREAMLIT_INTERNAL_KEY_{hand.elements['upload_reference'].id}__events"
    await hand.show(hand.elements, hand.held, WidgetState(id=name, json_trigger_value=told))


async def choosing(hand: Hand, key: str, value: str) -> None:
    """Another value of a picker."""
    element = hand.elements[key]
    if type(element).__name__ == "ButtonGroup":
        state = WidgetState(id=element.id)
        state.string_array_value.data.append(value)
    else:
        state = WidgetState(id=element.id, string_value=value)
    answer = await hand.show(hand.elements, hand.held | {key: state})
    assert answer.wrong == [] or "cannot be read" in answer.wrong[0], answer.wrong


def sent(world: World, login: str, token: str, data: bytes) -> str | int:
    """Send a file as a page does: its id, or how it was refused."""
    cookie = "; ".join(f"{name}={value}" for name, value in world.cookies[login].items())
    headers = {"Cookie": cookie, "X-Plumbline-Upload": token}
    about = {"name": "a.csv", "size": len(data), "modified": 1, "head": hashlib.sha256(data).hexdigest()}
    try:
        asked = urllib.request.Request(f"{world.address}/upload", json.dumps(about).encode(), headers)
        upload = json.load(urllib.request.urlopen(asked, timeout=20))["id"]
        piece = urllib.request.Request(
            f"{world.address}/upload/{upload}", data, headers | {"Upload-Offset": "0"}, method="PUT"
        )
        assert json.load(urllib.request.urlopen(piece, timeout=20))["done"]
    except urllib.error.HTTPError as error:
        return error.code
    return str(upload)
