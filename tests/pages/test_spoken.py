"""What a browser says over its websocket: handed on, passed over, or the end; and what is refused stands in the log."""

import asyncio

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from pages.shared.spoken import HEARD, PROTOCOL, listening

ENDS = {"type": "websocket.disconnect", "code": 1005}


def message(name: str) -> bytes:
    made = BackMsg()
    if name in ("deferred_file", "dataframe_chunk", "install_skills", "dismiss_skills_nudge"):
        getattr(made.backend_operation_request, name).SetInParent()
    elif isinstance(getattr(made, name), bool):
        setattr(made, name, True)
    else:
        getattr(made, name).SetInParent()
    return made.SerializeToString()


def heard(may, *said: bytes | None) -> list[dict]:
    """What the server is handed of what a browser says."""
    left = [{"type": "websocket.receive", "bytes": one} for one in said] + [ENDS]

    async def receive():
        return left.pop(0)

    async def listen():
        filtered, found = listening(receive, may), []
        while not found or found[-1]["type"] != "websocket.disconnect":
            found.append(await filtered())
        return found

    return asyncio.run(listen())


EVERY = [
    *(one.name for one in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields if one.name != "backend_operation_request"),
    "deferred_file", "dataframe_chunk", "install_skills", "dismiss_skills_nudge",
]  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
def test_what_pages_need_is_heard_and_nothing_else(name, caplog):
    """EVERY is Streamlit's own list: a message that a new version brings is passed over until it stands in HEARD."""
    data = message(name)
    found = heard(lambda deed: True, data)
    assert found == ([{"type": "websocket.receive", "bytes": data}] if name in HEARD else []) + [ENDS]
    assert [one.facts for one in caplog.records] == ([] if name in HEARD else [{"where": name}])


def test_who_has_no_role_may_come_to_the_entrance_and_no_further():
    said = [message(name) for name in HEARD]
    found = heard(lambda deed: False, *said)
    assert [one["bytes"] for one in found[:-1]] == [message(name) for name, deed in HEARD.items() if deed is None]
    asked = []
    heard(lambda deed: asked.append(deed) or True, *said)
    assert asked == [deed for deed in HEARD.values() if deed]


@pytest.mark.parametrize("data", [None, b"?", b"\xff" * 100])
def test_what_is_no_message_ends_the_visit(data, caplog):
    assert heard(lambda deed: True, data, message("rerun_script")) == [
        {"type": "websocket.disconnect", "code": PROTOCOL}
    ]
    assert caplog.records[-1].facts == {"where": "websocket"}


def test_a_message_that_asks_for_nothing_is_passed_over():
    assert heard(lambda deed: True, b"", BackMsg().SerializeToString()) == [ENDS]


def test_what_is_refused_again_and_again_stands_in_the_log_once_a_connection(caplog):
    said = [b"", message("clear_cache")] * 1000
    for _ in range(2):
        assert heard(lambda deed: True, *said) == [ENDS]
    assert [one.facts["where"] for one in caplog.records] == ["websocket", "clear_cache"] * 2
