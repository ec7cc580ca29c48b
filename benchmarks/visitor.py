"""One visitor of the dashboard who speaks Streamlit's own protocol, as a browser does: no picture, every message."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

PATIENCE = 60.0  # seconds that a visitor waits for an answer
MOST = 64 * 1024**2  # bytes of one message
LATER = ForwardMsg.FINISHED_EARLY_FOR_RERUN  # the answer is still to come


@dataclass
class Answer:
    """What one interaction brought. seconds: from asking to the end of the script; wrong: what a visitor would see."""

    kind: str
    seconds: float
    size: int = 0
    wrong: list[str] = field(default_factory=list)


class Visitor:
    """A session: what its pickers hold, which page it is on, and what it may choose there."""

    def __init__(self, address: str) -> None:
        self.address = address.replace("http", "ws", 1).rstrip("/")
        self.page, self.pages = "", {}  # pages: path -> hash
        self.elements: dict[str, Any] = {}  # key of a widget -> its element, of the last run
        self.held: dict[str, WidgetState] = {}
        self.hashes: set[str] = set()  # of messages that a browser would keep
        self.finished_at = 0.0
        self.socket: ClientConnection | None = None

    async def come(self, path: str = "", query: str = "") -> Answer:
        """Open a page anew, as a link does."""
        begun = time.perf_counter()
        self.socket = await connect(
            f"{self.address}/_stcore/stream", subprotocols=["streamlit"], max_size=MOST, compression=None,
            open_timeout=PATIENCE,
        )  # fmt: skip
        self.held, self.page = {}, ""
        return await self._ask("open", begun, name=path, query=query)

    async def go(self, path: str) -> Answer:
        """Another page, by the navigation: what was picked and still stands there goes along."""
        self.page = self.pages[path]
        return await self._ask("page", time.perf_counter())

    async def choose(self, kind: str, key: str, value: str) -> Answer:
        """Another option of a picker, or another text in a field."""
        element = self.elements[key]
        self.held[key] = WidgetState(id=element.id, string_value=value)
        return await self._ask(kind, time.perf_counter())

    async def press(self, kind: str, key: str) -> Answer:
        """A button."""
        pressed = WidgetState(id=self.elements[key].id, trigger_value=True)
        return await self._ask(kind, time.perf_counter(), pressed)

    async def leave(self) -> None:
        if self.socket is not None:
            await self.socket.close()

    def options(self, key: str) -> list[str]:
        """What a picker of this page offers; empty where there is no such picker."""
        element = self.elements.get(key)
        return list(element.options) if element is not None and hasattr(element, "options") else []

    async def _ask(
        self, kind: str, begun: float, pressed: WidgetState | None = None, name: str = "", query: str = ""
    ) -> Answer:
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.page_script_hash, asked.page_name = query, self.page, name
        asked.widget_states.widgets.extend(one for key, one in self.held.items() if key in self.elements)
        if pressed is not None:
            asked.widget_states.widgets.append(pressed)
        asked.cached_message_hashes.extend(self.hashes)
        asked.context_info.timezone, asked.context_info.locale = "UTC", "en-US"
        asked.context_info.color_scheme, asked.context_info.url = "light", self.address.replace("ws", "http", 1)
        answer = Answer(kind, 0.0)
        self.elements = {}
        try:
            assert self.socket is not None
            await self.socket.send(message.SerializeToString())
            async with asyncio.timeout(PATIENCE):
                while not self._heard(await self.socket.recv(decode=False), answer):
                    pass
        except TimeoutError:
            answer.wrong.append(f"no answer within {PATIENCE:g} s")
        except Exception as error:  # a socket that breaks is what a visitor sees, whatever it is called
            answer.wrong.append(f"{type(error).__name__}: {error}")
        answer.seconds = time.perf_counter() - begun
        return answer

    def _heard(self, data: bytes, answer: Answer) -> bool:
        """Take in one message; whether it was the last of the answer."""
        message = ForwardMsg.FromString(data)
        answer.size += len(data)
        if message.metadata.cacheable and message.hash:
            self.hashes.add(message.hash)
        what = message.WhichOneof("type")
        if what == "new_session":
            self.page = message.new_session.page_script_hash
        elif what == "navigation":
            self.pages = {one.url_pathname: one.page_script_hash for one in message.navigation.app_pages}
        elif what == "delta":
            self._drawn(message.delta, answer)
        elif what == "script_finished":
            if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                answer.wrong.append("the script does not compile")
            return message.script_finished != LATER
        return False

    def _drawn(self, delta: Any, answer: Answer) -> None:
        if delta.WhichOneof("type") != "new_element":
            return
        kind = delta.new_element.WhichOneof("type")
        element = getattr(delta.new_element, kind)
        if kind == "exception":
            answer.wrong.append(f"{element.type}: {element.message}"[:300])
        if kind == "markdown" and element.body.startswith(":red[■] **"):  # states.broken
            answer.wrong.append(element.body[:300])
        key = getattr(element, "id", "").split("-", 2)[-1]
        if not key:
            return
        self.elements[key] = element
        before = self.held.get(key)
        if kind in ("selectbox", "text_input", "checkbox") and (
            element.set_value or before is None or before.id != element.id
        ):
            self.held[key] = _holds(kind, element)


def _holds(kind: str, element: Any) -> WidgetState:
    """What a widget shows before its visitor touches it: what the server sets, else its default."""
    if kind == "checkbox":
        return WidgetState(id=element.id, bool_value=element.value if element.set_value else element.default)
    if kind == "text_input":
        return WidgetState(id=element.id, string_value=element.value if element.set_value else element.default)
    default = element.options[element.default] if element.options else ""
    return WidgetState(id=element.id, string_value=element.raw_value if element.set_value else default)
