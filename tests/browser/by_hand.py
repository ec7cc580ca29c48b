"""A visitor who speaks Streamlit's protocol by hand, with a cookie of their choice and whatever widgets they claim."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import connect

from benchmarks.visitor import MOST, PATIENCE, Answer, Visitor

NAMES = ("Sign out", "Sign in", "Sign in again")  # who presses one of these is somebody else afterwards


class Hand(Visitor):
    """cookies: name -> value, as a browser has them; before: the id of a session that is to be gone on with."""

    def __init__(self, address: str, cookies: Mapping[str, str], before: str = "") -> None:
        super().__init__(address)
        self.cookies, self.before = cookies, before
        self.session, self.raw, self.texts = "", b"", []

    async def come(self, path: str = "", query: str = "") -> Answer:
        """Open a page anew, with these cookies; what a browser proves besides, is proven."""
        await self.leave()
        begun = time.perf_counter()
        host = self.address.partition("://")[2].partition("/")[0]
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        proofs = ["streamlit", self.cookies.get("_streamlit_xsrf") or "none", *([self.before] if self.before else [])]
        self.socket = await connect(
            f"{self.address}/_stcore/stream", subprotocols=proofs, max_size=MOST, compression=None,
            additional_headers=headers, origin=f"http://{host}", open_timeout=PATIENCE,
        )  # fmt: skip
        self.held, self.page = {}, ""
        return await self._ask("open", begun, name=path, query=query)

    async def say(self, message: BackMsg) -> None:
        """Any message at all, as bytes."""
        await self.socket.send(message.SerializeToString())

    async def hears(self, kind: str, seconds: float = 10.0) -> Any:
        """The next message of a kind; None where none comes in time."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    message = ForwardMsg.FromString(await self.socket.recv(decode=False))
                    if message.WhichOneof("type") == kind:
                        return getattr(message, kind)
        except TimeoutError:
            return None

    async def claim(self, other: "Hand", *pressed: str, **typed: str) -> Answer:
        """Act as if this page had the widgets of another's: their ids, what they hold, and what was pressed."""
        states = {key: one for key, one in other.held.items() if key in other.elements}
        for key, text in typed.items():
            states[key] = WidgetState(id=other.elements[key].id, string_value=text)
        triggers = [WidgetState(id=other.elements[key].id, trigger_value=True) for key in pressed]
        return await self.show(other.elements, states, *triggers)

    async def show(
        self, elements: Mapping[str, Any], states: Mapping[str, WidgetState], *triggers: WidgetState
    ) -> Answer:
        """Say what widgets hold, and what was triggered."""
        self.elements, self.held = dict(elements), dict(states)
        return await self._ask("claimed", time.perf_counter(), *triggers)

    async def _ask(  # type: ignore[override]
        self, kind: str, begun: float, *pressed: WidgetState, name: str = "", query: str = ""
    ) -> Answer:
        self.raw, self.texts = b"", []
        self.hashes = set()  # so that everything is said again
        for one in pressed[1:]:
            self.held[one.id], self.elements[one.id] = one, one
        return await super()._ask(kind, begun, *pressed[:1], name=name, query=query)

    def _heard(self, data: bytes, answer: Answer) -> bool:
        self.raw += data
        message = ForwardMsg.FromString(data)
        if message.WhichOneof("type") == "new_session":
            self.session = message.new_session.initialize.session_id
        last = super()._heard(data, answer)
        if message.WhichOneof("type") == "navigation":  # only now is it known which page an address stands for
            self.page = message.navigation.page_script_hash
        return last

    def _drawn(self, delta: Any, answer: Answer) -> None:
        if delta.WhichOneof("type") == "new_element":
            kind = delta.new_element.WhichOneof("type")
            element = getattr(delta.new_element, kind)
            self.texts += [
                str(getattr(element, name)) for name in ("body", "label", "code_text") if getattr(element, name, "")
            ]
            self.texts += [str(one) for one in getattr(element, "options", [])]
        super()._drawn(delta, answer)
        for key, one in self.elements.items():  # a picker without a choice holds none
            if type(one).__name__ == "Selectbox" and not one.set_value and not one.HasField("default"):
                self.held.pop(key, None)

    @property
    def said(self) -> str:
        """All that the page said, without the joiners that keep names from becoming links."""
        return "\n".join(self.texts).replace("\u2060", "")

    def buttons(self) -> list[str]:
        """Keys of what can be pressed here, but for what would make somebody else of who presses it."""
        return [
            key for key, one in self.elements.items()
            if type(one).__name__ == "Button" and one.label not in NAMES
        ]  # fmt: skip
