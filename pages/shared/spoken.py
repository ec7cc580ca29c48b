"""What a browser may say over its websocket: what pages need and nothing else, of who has a role where it takes one.

Streamlit would also empty the caches of all visitors, or tell of the repository it runs from, for whoever asks: signed
in or not.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.runtime_util import get_max_widget_state_size_bytes

from engine.logs import tell

# Message, or what it asks the server to do -> the deed it takes; None: the entrance needs it too.
HEARD = {
    "rerun_script": None, "stop_script": None, "app_heartbeat": None,
    "file_urls_request": "verify", "deferred_file": "look", "dataframe_chunk": "look",
}  # fmt: skip
PROTOCOL = 1002  # what a websocket calls an end after something that is no message

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]


def listening(receive: Receive, may: Callable[[str], bool]) -> Receive:
    """Hand on what a browser may say. may: whether who is at the other end may do a deed, asked each time.

    What is refused stands in the log once a connection: a browser that goes on with it shall not fill it.
    """
    refused: set[str] = set()

    async def heard() -> Message:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            data = message.get("bytes")
            if data is not None and len(data) > get_max_widget_state_size_bytes():
                return message  # too large to be looked at: Streamlit ends the visit
            said = name_of(data)
            if said is None:
                tell("refused", "warning", where="websocket")
                return {"type": "websocket.disconnect", "code": PROTOCOL}
            if said in HEARD and ((deed := HEARD[said]) is None or may(deed)):
                return message
            if said not in refused:  # one of Streamlit's few names: what is none ended the visit
                refused.add(said)
                tell("refused", "warning", where=said or "websocket")

    return heard


def name_of(data: bytes | None) -> str | None:
    """What a message asks for; empty where it asks for nothing, None for what is no message.

    >>> name_of(BackMsg(clear_cache=True).SerializeToString()), name_of(b""), name_of(b"?"), name_of(None)
    ('clear_cache', '', None, None)
    """
    if data is None:
        return None
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    name = message.WhichOneof("type") or ""
    if name == "backend_operation_request":
        name = message.backend_operation_request.WhichOneof("payload") or name
    return str(name)
