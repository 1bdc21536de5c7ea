"""The prediction: a learner moves marks along an axis or draws a curve, and later sees the true ones beside them."""

import hashlib
from typing import Any

import numpy as np
import streamlit as st

from ays_toy.lessons import prediction
from ays_toy.lessons.lesson import Axis, Prediction
from ays_toy.ui.components.assets import read
from ays_toy.ui.components.exchange import told

_board = st.components.v2.component(
    "ays_predict",
    css=read("shared.css", "search.css", "knob.css", "predict.css"),
    js=read("plot.js", "figure.js", "predict_picture.js", "predict.js"),
)
HOW = {
    "levels": "Move the marks to where you expect them. By keyboard: Tab to a mark, then ← →, Shift for finer strides.",
    "curve": "Draw the curve you expect, from left to right. By keyboard: Tab to a point, then ↑ ↓, Shift for finer "
    "strides; points in between follow.",
    "stop": "Move the mark to where you expect it. By keyboard: Tab to it, then ← →.",
}
FEWEST_SET = {"levels": 1, "curve": 2, "stop": 1}  # marks that a hand has set before it is a prediction


def predict(key: str, asked: Prediction, truth: np.ndarray | None) -> np.ndarray | None:
    """Let the learner draw, or show `truth` [marks] beside it -> the drawing [marks], None before there is one.

    Once `truth` is given the drawing stays as it is.
    """
    drawing = _drawing(key, asked)
    drawn = prediction.check(asked, drawing["values"]) if drawing else None
    _board(
        data=_payload(asked, drawing, drawn, truth),
        default={"drawing": None},
        key=key,
        on_drawing_change=lambda: None,
    )
    return drawn


def _id(asked: Prediction) -> str:
    """The same for the same axes, and for no others: what was drawn on others is no answer."""
    return hashlib.blake2s(repr((asked.kind, asked.text, asked.x, asked.y, asked.marks)).encode()).hexdigest()[:16]


def _drawing(key: str, asked: Prediction) -> dict[str, Any] | None:
    """What the browser last told of these axes, where it is a prediction; kept while the component is not drawn."""
    kept, sent = f"{key} as drawn", told(key, "drawing")
    if sent.get("id") == _id(asked) and _usable(sent, asked):
        st.session_state[kept] = sent
    known = st.session_state.get(kept)
    return known if known and known["id"] == _id(asked) else None


def _usable(sent: dict[str, Any], asked: Prediction) -> bool:
    by_hand = sent.get("set")
    if (
        not isinstance(by_hand, list)
        or len(by_hand) != asked.marks
        or not all(isinstance(one, bool) for one in by_hand)
    ):
        return False
    try:
        prediction.check(asked, sent.get("values"))
    except ValueError:
        return False
    return sum(by_hand) >= min(FEWEST_SET[asked.kind], asked.marks)


def _payload(
    asked: Prediction, drawing: dict[str, Any] | None, drawn: np.ndarray | None, truth: np.ndarray | None
) -> dict[str, Any]:
    """As JSON; the truth travels only once it is revealed, and only beside a drawing."""
    return {
        "id": _id(asked),
        "kind": asked.kind,
        "words": asked.text,
        "how": HOW[asked.kind],
        "marks": asked.marks,
        "x": _axis(asked.x),
        "y": asked.y and _axis(asked.y),
        "places": prediction.places(asked).tolist() if asked.kind == "curve" else None,
        "drawing": drawing and {"values": drawing["values"], "set": drawing["set"]},
        **_revealed(asked, drawn, truth),
    }


def _revealed(asked: Prediction, drawn: np.ndarray | None, truth: np.ndarray | None) -> dict[str, Any]:
    if drawn is None or truth is None:
        return {"drawn": None, "truth": None, "distance": None}
    return {
        "drawn": drawn.tolist(),
        "truth": prediction.revealed(asked, truth).tolist(),
        "distance": prediction.distance_words(asked, drawn, truth),
    }


def _axis(axis: Axis) -> dict[str, Any]:
    return {
        "title": axis.title,
        "start": axis.start,
        "end": axis.end,
        "log": axis.log,
        "whole": prediction.whole(axis),
    }
