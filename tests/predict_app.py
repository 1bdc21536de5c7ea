"""A page with the three kinds of predictions, each revealed by a button; `test_predict_browser.py` draws on it."""

import numpy as np
import streamlit as st

from ays_toy.lessons import prediction
from ays_toy.lessons.lesson import Axis, Prediction
from ays_toy.ui import frame
from ays_toy.ui.components.predict import predict

SIGMA, SWEEPS = Axis("noise level σ", 100.0, 0.01, log=True), Axis("sweep", 0, 20)
ASKED = {
    "levels": (Prediction("levels", "Where?", None, None, SIGMA, marks=3), [10.0, 1.0, 0.1]),
    "curve": (
        Prediction("curve", "How?", None, None, SWEEPS, Axis("KLUB (nats)", 1.0, 1000.0, log=True), marks=5),
        [300.0, 100.0, 50.0, 30.0, 20.0],
    ),
    "stop": (Prediction("stop", "When?", None, None, SWEEPS), [5.0]),
}

frame.begin()
for name, (asked, truth) in ASKED.items():
    known = np.array(truth) if st.session_state.get(f"reveal {name}") else None
    with st.container(key=f"box_{name}"):
        drawn = predict(name, asked, known)
        st.toggle("Reveal", key=f"reveal {name}", disabled=drawn is None)
        if drawn is not None:
            st.markdown(f"drawn: {', '.join(f'{value:.6g}' for value in drawn)}")
        if drawn is not None and known is not None:
            st.markdown(prediction.sentence(asked, drawn, known))
