"""Visitors without a browser: sessions of the app over Streamlit's own protocol, which do what a browser does.

A visitor opens the socket with the headers and the token of a browser, sends what its widgets say, asks again for the
parts of a page that poll, and keeps by their hashes the messages that need not be sent twice. What a browser would draw
is only counted: a run of the page has ended when the server says so, and the page is at rest when no part of it polls.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

COOKIE = "_streamlit_xsrf"
KEPT_RUNS = 2  # after which a browser forgets a message that did not come again
ENDED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass(frozen=True)
class Widget:
    """A widget as the page shows it: its kind in Streamlit's protocol, its options, the part that it runs with."""

    id: str
    kind: str
    options: tuple[str, ...] = ()
    part: str = ""
    disabled: bool = False


@dataclass(frozen=True)
class Kept:
    """A message that need not be sent twice: what widget it shows, in which part, and the last run that showed it."""

    widget: tuple[str, Widget] | None
    part: str
    run: int


@dataclass(frozen=True)
class Deed:
    """What a visitor did and how long the page took: seconds until its script ended, and until it was at rest.

    None where that did not come about in time; `bytes` came from the server for it.
    """

    name: str
    ended: float | None
    rested: float | None
    bytes: int
    trouble: str = ""
    left: bool = False  # whether the visitor went on before all had come


def widget(delta: Delta) -> tuple[str, Widget] | None:
    """The user's key and the widget of a message: ids end in keys, and a label stands in for those that have none."""
    kind = delta.new_element.WhichOneof("type") if delta.WhichOneof("type") == "new_element" else None
    if kind is None:
        return None
    element: Any = getattr(delta.new_element, kind)
    name = getattr(element, "id", "")
    if not name.startswith("$$ID-"):
        return None
    _, _, key = name.removeprefix("$$ID-").partition("-")
    key = element.label if key == "None" else key
    options = tuple(getattr(one, "content", one) for one in getattr(element, "options", ()))
    return key, Widget(name, kind, options, delta.fragment_id, bool(getattr(element, "disabled", False)))


def said(one: Widget, value: Any = True) -> WidgetState:
    """What a browser sends of a widget that has that value; ValueError for a kind that visitors do not use."""
    state = WidgetState(id=one.id)
    match one.kind:
        case "button":
            state.trigger_value = True
        case "checkbox":
            state.bool_value = bool(value)
        case "number_input":
            state.double_value = float(value)
        case "selectbox" | "radio":
            state.string_value = str(value)
        case "slider" if not one.options:
            state.double_array_value.data.append(float(value))
        case "slider" | "multiselect" | "button_group":
            state.string_array_value.data.extend([value] if isinstance(value, str) else value)
        case "menu_button":
            state.string_trigger_value.data = str(value)
        case _:
            raise ValueError(f"Visitors do not use a {one.kind}.")
    return state


def is_trigger(state: WidgetState) -> bool:
    """Whether it says what happened once, rather than what a widget shows."""
    return state.WhichOneof("value") in ("trigger_value", "string_trigger_value")


@dataclass(eq=False)
class Visitor:
    """One session. What is heard changes its fields as it comes; `changed` is set whenever a run begins or ends."""

    url: str
    patience: float = 60.0  # seconds
    pages: dict[str, str] = field(default_factory=dict)  # hash of a page by its path
    widgets: dict[str, Widget] = field(default_factory=dict)  # by key
    states: dict[str, WidgetState] = field(default_factory=dict)  # by id, what was set by hand
    polls: dict[str, asyncio.Task[None]] = field(default_factory=dict)  # by the part's id
    known: dict[str, Kept] = field(default_factory=dict)  # by hash
    query: str = ""
    page: str = ""
    runs: int = 0  # that began
    whole: int = 0  # that began, of the whole page
    status: int | None = None  # how the last run ended; None while one goes on
    bytes: int = 0
    trouble: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _began: float = 0.0  # the last deed
    _over: int = 0  # runs that have ended
    _asked: bool = False  # for a run of which nothing has been heard yet
    _socket: ClientConnection | None = None
    _listening: asyncio.Task[None] | None = None

    async def open(self, path: str = "", query: str = "") -> Deed:
        """Open a page of the app by its address, as a new tab does."""
        token = await asyncio.to_thread(_token, self.url)
        address, host = self.url.replace("http", "ws", 1) + "/_stcore/stream", urlsplit(self.url).netloc
        self._socket = await connect(
            address,
            origin=Origin(f"http://{host}"),
            subprotocols=[Subprotocol("streamlit"), Subprotocol(token)],
            additional_headers={"Cookie": f"{COOKIE}={token}"},
            max_size=None,
            compression=None,
        )
        self._listening = asyncio.create_task(self._listen())
        self.query = query
        return await self._deed("open", self._ask(name=path))

    async def close(self) -> None:
        """Close the tab."""
        self._stop_polls()
        if self._socket:
            await self._socket.close()
        if self._listening:
            await asyncio.gather(self._listening, return_exceptions=True)

    async def go(self, path: str) -> Deed:
        """Choose another page by its path; one that has none of its own is the first."""
        self._stop_polls()
        self.query, self.page, self.widgets, self.states = "", self.pages.get(path) or self.pages[""], {}, {}
        return await self._deed(f"to {path}", self._ask())

    async def put(self, key: str, value: Any = True) -> Deed:
        """Give the widget of that key a value, or press it; KeyError where the page has none."""
        one = self.widgets[key]
        state = said(one, value)
        if not is_trigger(state):
            self.states[one.id] = state
        return await self._deed(key, self._ask(state, one.part), one.part)

    async def _deed(self, name: str, asking: Coroutine[Any, Any, None], part: str = "") -> Deed:
        """Ask for a run, of a part of the page where one is named, and wait for it."""
        self.trouble, before, runs, whole, began = "", self.bytes, self.runs, self.whole, time.perf_counter()
        self._began = began
        await asking

        def ran() -> bool:
            return (self.runs > runs if part else self.whole > whole) and self.status in ENDED

        ended = await self._until(ran, self.patience)
        return Deed(name, ended, ended and self._rested(), self.bytes - before, self.trouble)

    async def rest(self, deed: Deed, seconds: float) -> Deed:
        """Wait so many seconds at most for all that a deed's page waits for -> the deed with when that had come."""
        if deed.ended is None or deed.rested is not None:
            return deed
        took = await self._until(lambda: self.status in ENDED and not self.polls, deed.ended + seconds)
        return replace(deed, rested=took, left=took is None, trouble=self.trouble)

    def _rested(self) -> float | None:
        return time.perf_counter() - self._began if not self.polls else None

    async def _until(self, reached: Callable[[], bool], most: float) -> float | None:
        """Wait until that is so, at most so long after the last deed began -> how long after it, or None."""
        while not reached():
            self.changed.clear()
            try:
                left = self._began + most - time.perf_counter()
                await asyncio.wait_for(self.changed.wait(), max(0.0, left))
            except TimeoutError:
                return None
            if self._listening is None or self._listening.done():
                self.trouble = self.trouble or f"the connection was lost{self._why()}"
                return None
        return time.perf_counter() - self._began

    def _why(self) -> str:
        """What ended the listening, where it was not the other side."""
        ended = self._listening if self._listening and not self._listening.cancelled() else None
        return f" ({error!r})" if ended and (error := ended.exception()) else ""

    async def _ask(
        self, trigger: WidgetState | None = None, part: str = "", poll: bool = False, name: str = ""
    ) -> None:
        """Ask for a run of the page, or of the part of that id."""
        message = BackMsg()
        ask = message.rerun_script
        ask.query_string, ask.page_script_hash, ask.page_name = self.query, self.page, name
        ask.fragment_id, ask.is_auto_rerun = part, poll
        ask.widget_states.widgets.extend(self.states.values())
        if trigger is not None and trigger.id not in self.states:
            ask.widget_states.widgets.append(trigger)
        ask.cached_message_hashes.extend(self.known)
        self._asked = True
        if self._socket:
            await self._socket.send(message.SerializeToString())

    async def _poll(self, part: str, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            await self._ask(part=part, poll=True)

    def _stop_polls(self) -> None:
        for task in self.polls.values():
            task.cancel()
        self.polls.clear()

    async def _listen(self) -> None:
        assert self._socket
        try:
            async for data in self._socket:
                self.bytes += len(data)
                self._hear(ForwardMsg.FromString(data))
        finally:
            self.changed.set()

    def _hear(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                self.runs, self.status, self._asked = self.runs + 1, None, False
                self.page = message.new_session.page_script_hash
                if not message.metadata.run.fragment_ids:
                    self.whole += 1
                    self._stop_polls()
                self.changed.set()
            case "script_finished":
                self.status = message.script_finished
                if self.status in ENDED and not self._asked:
                    self._forget(message.metadata.run.fragment_ids)
                self.changed.set()
            case "navigation":
                self.page = message.navigation.page_script_hash  # a new session begins on none that it has
                self.pages = {one.url_pathname: one.page_script_hash for one in message.navigation.app_pages}
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "auto_rerun":
                self._begin_poll(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            case "stop_auto_rerun":
                for part in message.stop_auto_rerun.fragment_ids:
                    if task := self.polls.pop(part, None):
                        task.cancel()
            case "delta":
                self._see(widget(message.delta), message.delta.new_element)
                if message.metadata.cacheable:
                    self.known[message.hash] = Kept(widget(message.delta), message.delta.fragment_id, self._over)
            case "ref_hash":
                self.known[message.ref_hash] = kept = replace(self.known[message.ref_hash], run=self._over)
                self._see(kept.widget)

    def _forget(self, parts: Collection[str]) -> None:
        """Forget what the last runs did not show: of the page that ended, or of the parts of it that did."""
        self._over += 1

        def stays(one: Kept) -> bool:
            return one.run + KEPT_RUNS >= self._over or (bool(parts) and one.part not in parts)

        self.known = {key: one for key, one in self.known.items() if stays(one)}

    def _begin_poll(self, part: str, every: float) -> None:
        if task := self.polls.pop(part, None):
            task.cancel()
        self.polls[part] = asyncio.create_task(self._poll(part, every))

    def _see(self, found: tuple[str, Widget] | None, element: Message | None = None) -> None:
        if element is not None and element.WhichOneof("type") == "exception":
            self.trouble = element.exception.message or element.exception.type
        if found:
            key, one = found
            self.widgets[key] = one
            shown: Any = element and getattr(element, one.kind)
            if shown is not None and getattr(shown, "set_value", False):
                self.states.pop(one.id, None)  # the server says what it shows


def _token(url: str) -> str:
    """What the server gives every browser to prove by that a request is its own."""
    with urlopen(f"{url}/_stcore/health", timeout=60) as answer:
        cookies = answer.headers.get_all("Set-Cookie") or []
    tokens = [one.split(";")[0].partition("=")[2] for one in cookies if one.startswith(f"{COOKIE}=")]
    return tokens[0] if tokens else "PLACEHOLDER_AUTH_TOKEN"
