"""What travels between Python and a component in the browser: tables that are sent once, arrays, what it tells."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import streamlit as st


@dataclass(frozen=True)
class SentOnce:
    """Values as JSON that a browser is sent once and then knows by their id; what `always` names is sent each time."""

    values: dict[str, Any]
    always: ClassVar[tuple[str, ...]] = ()

    @cached_property
    def id(self) -> str:
        """The same for equal values, and for no others."""
        return mark(self.values)

    def payload(self, known: Any) -> dict[str, Any]:
        """As JSON, for a browser that holds the table of the id `known`."""
        sent = self.values if known != self.id else {name: self.values[name] for name in self.always}
        return {"id": self.id, **sent}


def mark(*values: Any) -> str:
    """A short text that is the same for equal values, and for no others, as far as their `repr` tells them apart."""
    return hashlib.blake2s(repr(values).encode(), digest_size=8).hexdigest()


def told(key: str, what: str) -> dict[str, Any]:
    """What the component of that key last told of `what`, as the browser sent it: to be checked. Empty before."""
    found = st.session_state.get(key, {}).get(what)
    return dict(found) if isinstance(found, dict) else {}


def as_text(array: np.ndarray) -> str:
    """An array's bytes in base64."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
