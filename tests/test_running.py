"""What a page shows of a run, wherever it is in its life."""

import pytest
from streamlit.testing.v1 import AppTest

from ays_toy.ui.jobs import State

ERROR = "Lower the learning rate."


def page(state, share, anew) -> None:
    import time

    import streamlit as st

    from ays_toy.ui import running
    from ays_toy.ui.background import Watch
    from ays_toy.ui.jobs import Job, Progress, State

    job = Job("key", lambda _stop: iter(()))
    job.progress = Progress(State(state), share, 48.0, error="Lower the learning rate.", at=time.perf_counter() + 0.4)
    watch = Watch(job)
    running.buttons(st, "slot", watch, {"label": "Begin", "key": "begin"}, anew=anew)
    running.status(st, watch, "Step 3 of 4", "Done in")
    st.text(str(running.active(watch)))


@pytest.mark.parametrize(
    ("state", "share", "buttons", "again", "said"),
    [
        (State.QUEUED, 0.0, ["Stop"], ["Stop"], "Starting …"),
        (State.RUNNING, 0.75, ["Stop"], ["Stop"], "Step 3 of 4, 16 s left"),
        (State.RUNNING, None, ["Stop"], ["Stop"], "Step 3 of 4, 48 s so far."),
        (
            State.STOPPED,
            0.75,
            ["Go on"],
            ["Go on", "Begin"],
            "Step 3 of 4, stopped after 48 s. What was reached is kept",
        ),
        (State.DONE, 1.0, [], ["Begin"], "Done in 48 s on CPU."),
        (State.FAILED, 0.5, ["Begin"], ["Begin"], ERROR),
    ],
)
def test_the_buttons_and_the_words_are_those_that_fit(state, share, buttons, again, said, monkeypatch) -> None:
    monkeypatch.setattr("ays_toy.ui.background.device_name", lambda: "CPU")
    for anew, labels in ((False, buttons), (True, again)):
        at = AppTest.from_function(page, args=(state.value, share, anew)).run()
        assert not at.exception, at.exception
        assert [button.label for button in at.button] == labels
        told = [one.value for one in (*at.caption, *at.error)] + [bar.proto.text for bar in at.get("progress")]
        assert [words for words in told if said in words] == told != []
        assert bool(at.error) == (state is State.FAILED)
        assert at.text[0].value == str(state in (State.QUEUED, State.RUNNING))
