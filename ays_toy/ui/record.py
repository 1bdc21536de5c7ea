"""What a session has chosen, field by field, in a record that no widget owns.

Streamlit forgets the value of a widget that is not drawn, and draws one that comes back at its least value where nobody
had touched it. So each run first takes in what the widgets of its page say, and then gives them what the record holds:
whatever a page does not draw stays as it was, and whatever it draws is what was chosen last, here or elsewhere.
"""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ays_toy.ui.whole import whole

RECORD = "record"  # under which a session keeps its own
HIDE = "hide"  # the field that names those whose widgets a link leaves out
MEANWHILE = 3.0  # seconds that a browser may take to hear what a widget is told
_ABSENT = object()
_MEANWHILE = " meanwhile"  # ends the key of a widget that waits for what was chosen


@dataclass
class Record:
    """A session's choices, as plain values."""

    values: dict[str, Any] = field(default_factory=dict)  # by field
    owed: set[str] = field(default_factory=set)  # fields whose widgets have yet to be given their value
    told: dict[str, tuple[Any, float]] = field(default_factory=dict)  # what widgets were told, and when: see telling.py
    stand_ins: dict[str, Any] = field(default_factory=dict)  # what widgets show whose options lack what was chosen
    linked: set[str] = field(default_factory=set)  # fields that came with the address which is being opened
    problems: list[str] = field(default_factory=list)  # what in that address was not usable, until something is changed
    page: str = ""  # whose widgets are drawn
    address: dict[str, str] | None = None  # as last written; None while one is being opened
    only: frozenset[str] | None = None  # the fields whose widgets are drawn, where others are left out: a lesson's
    asked: set[str] = field(default_factory=set)  # the fields whose widgets the page would draw, hidden or not
    drawn: str | None = None  # what the browser was last told to draw on this page, see Following.view
    opened: dict[str, Any] = field(default_factory=dict)  # what figures of this page opened with, see opening.py

    def choose(self, name: str, value: Any) -> None:
        """Hold a value that did not come from the field's widget."""
        self.values[name] = value
        self.owed.add(name)

    def take(self, names: Iterable[str]) -> None:
        """Take in what the widgets say, and what was put into `st.session_state` for them.

        What was chosen before the widget had heard of another value is told to it: else that would undo the choice.
        """
        for name in names:
            value = _plain(st.session_state.get(name, _ABSENT))
            if value is _ABSENT or name in self.owed or value == self.stand_ins.get(name, _ABSENT):
                continue
            self.stand_ins.pop(name, None)
            self.values[name] = value
            told, when = self.told.get(name, (value, 0.0))
            if value != told and time.monotonic() - when < MEANWHILE:
                self.owed.add(name)

    def tell(self, name: str, value: Any) -> None:
        """Note that a widget is told a value, which its browser hears in a while."""
        if name in self.values:
            self.told[name] = (_plain(value), time.monotonic())

    def give(self, names: Iterable[str]) -> None:
        """Put what is held into the widgets that do not show it; before they are drawn.

        No others are written to: what a person does meanwhile would be undone in their browser.
        """
        for name in names:
            shown, value = _plain(st.session_state.get(name, _ABSENT)), self.values[name]
            if name in self.owed or shown not in (value, self.stand_ins.get(name, value)):
                st.session_state[name] = list(value) if isinstance(value, tuple) else value
            self.owed.discard(name)

    def arrive(self, names: Iterable[str]) -> bool:
        """Whether the page is another than the one last drawn: all its widgets are to be given their values."""
        context = get_script_run_ctx()
        page = context.page_script_hash if context else ""
        if page == self.page:
            return False
        self.page, self.drawn = page, None
        self.asked.clear()
        self.opened.clear()
        self.stand_ins.clear()
        self.owed.update(names)
        return True

    def shown(self, names: Iterable[str]) -> dict[str, Any]:
        """What the widgets show, a stand-in for what is not to be had."""
        return {name: _plain(st.session_state[name]) for name in names}

    def wrote(self, address: dict[str, str]) -> None:
        """Note the address that says what is shown; one that follows an act here ends the opening of a link."""
        if self.address is not None and address != self.address:
            self.problems.clear()
            self.linked.clear()
        self.address = address


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def this_session() -> Record:
    """The session's own."""
    one: Record = st.session_state.setdefault(RECORD, Record())
    return one


def visible(name: str) -> bool:
    """Whether the widget of that field is drawn: neither a lesson nor the link leaves it out. It keeps its value."""
    session = this_session()
    return movable(name) and (session.only is None or name in session.only)


def movable(name: str) -> bool:
    """Whether a field may be changed that no widget has, in a figure: a lesson lets it, a link may not."""
    session = this_session()
    session.asked.add(name)
    return name not in session.values.get(HIDE, ())


def went_back() -> bool:
    """Whether this run shows an address that the browser's Back or Forward button led to."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def among(name: str, options: Collection[Any]) -> None:
    """Let the widget show what was chosen while that is an option, and the first option otherwise."""
    session = this_session()
    chosen = session.values.get(name)
    value = chosen if chosen in options else next(iter(options))
    if value == chosen:
        session.stand_ins.pop(name, None)
    else:
        session.stand_ins[name] = value
    if st.session_state.get(name, _ABSENT) != value:
        st.session_state[name] = value


def among_those_to_come(name: str, options: Collection[Any]) -> dict[str, Any]:
    """Arguments of a widget whose options come one by one; the address goes on to name what was chosen.

    Until that is among them, the widget shows the first under another key. Under the same, a browser that still reports
    the first while what was chosen arrives would seem to have been used, and the choice would be lost.
    """
    if this_session().values.get(name) in options:
        return {"key": name}
    key = f"{name}{_MEANWHILE}"
    return {"key": key, "on_change": _choose_from, "args": (name, key)}


def field_of(key: str) -> str:
    """The field that a widget of that key draws."""
    return key.removesuffix(_MEANWHILE)


@whole
def _choose_from(name: str, key: str) -> None:
    this_session().choose(name, _plain(st.session_state[key]))
