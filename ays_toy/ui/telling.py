"""What a widget is told from Python, so that it does not undo what a person chooses in that moment.

Streamlit gives a widget its value by a message, which is on its way for a while. Whoever changes the widget meanwhile
is heard by the next run, and then undone in the browser by that message: it shows the old value, and says it with the
next click. So what was told is noted, and a choice that comes soon after another value was told is told itself.
"""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from streamlit.runtime.state.session_state import SessionState

from ays_toy.ui.record import RECORD, Record


@cache
def note_what_is_told() -> None:
    """Have the record of a session know what its widgets are told."""
    SessionState.register_widget = noting(SessionState.register_widget)  # type: ignore[method-assign]


def noting(register: Callable[..., Any]) -> Callable[..., Any]:
    """Streamlit's way to draw a widget, which says whether the browser is told a value."""

    @wraps(register)
    def register_widget(self: SessionState, metadata: Any, user_key: str | None) -> Any:
        drawn = register(self, metadata, user_key)
        if drawn.value_changed and user_key and RECORD in self:
            session: Record = self[RECORD]
            session.tell(user_key, drawn.value)
        return drawn

    return register_widget
