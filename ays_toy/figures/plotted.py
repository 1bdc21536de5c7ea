"""Plotly's objects, made without a look at each of their properties.

That look was nine tenths of what a figure took, at every run of a page and in the one interpreter that a class shares.
What figures say is the same for every visitor: the tests have it looked at, and hold both ways to the same words.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

T = TypeVar("T", bound=BaseTraceType)
looked_at = False  # whether Plotly goes through all that it is given, and says what it does not know


class Drawn(go.Figure):
    """A figure; one that is drawn over and over may be `finished`."""

    _said: dict[str, Any] | None = None

    def finished(self) -> "Drawn":
        """The same figure, which changes no more: what it says is written once."""
        self._said = super().to_dict()
        return self

    def to_dict(self) -> dict[str, Any]:
        """What it says, for Streamlit and `to_json`; of a finished one the same object every time."""
        return super().to_dict() if self._said is None else self._said

    @property
    def nbytes(self) -> int:
        """Bytes that it takes, about: all that it says, once as its properties and once as it is said."""
        return 2 * len(self.to_json(validate=False))


def figure(traces: Sequence[BaseTraceType] = (), layout: Mapping[str, Any] | None = None) -> Drawn:
    """A figure of these traces with that layout; ValueError for what Plotly does not know, where that is looked at."""
    return Drawn(list(traces), dict(layout or {}), _validate=looked_at)


def trace(kind: type[T], **looks: Any) -> T:
    """A trace of that kind, as `figure` takes it."""
    return kind(**looks, _validate=looked_at)
