"""The widget that a schedule is brought with: pasted or as a file, and what came of it said in place.

What the page had stays as it is, and so does what was pasted, where that is no schedule for it.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ays_toy.exchange.reading import Brought, read_schedule
from ays_toy.ui import frame
from ays_toy.ui.whole import whole

Take = Callable[[Brought], str]
MAX_UPLOAD = 1  # MiB
WIDTH = 420  # pixels


def schedule(key: str, take: Take, about: str) -> Any:
    """Draw a popover, and return it for what else belongs into it.

    `take` puts what was brought to use and says what came of it, or raises ValueError in a sentence.
    """
    popover = st.popover("Bring a schedule", icon=":material/content_paste:", key=f"{key} box", width="stretch")
    with popover:
        if said := st.session_state.get(f"{key} said"):  # on top, where a low window shows it too
            fine, words = said
            (st.success if fine else st.error)(frame.literal(words), width=WIDTH)
        form = st.form(key, border=False, enter_to_submit=False, width=WIDTH)
        form.text_area(
            "Paste noise levels, from high to low",
            key=f"{key} text",
            height=80,
            placeholder="14.6, 6.5, 3.9, 2.7, … 0.03\na list, JSON, CSV, or sigmas for ComfyUI",
            help=about,
        )
        form.file_uploader("or take them from a file", key=f"{key} file", max_upload_size=MAX_UPLOAD)
        form.form_submit_button("Bring it", type="primary", key=f"{key} bring", on_click=_bring, args=(key, take))
    return popover


@whole
def _bring(key: str, take: Take) -> None:
    state = st.session_state
    text, file = state[f"{key} text"], state[f"{key} file"]
    try:
        if text.strip() and file is not None:
            raise ValueError("There are both a pasted list and a file: empty one of the two.")
        brought = read_schedule(text if file is None else file.getvalue())
        state[f"{key} said"] = True, " ".join([take(brought), *brought.notes])
    except ValueError as error:
        state[f"{key} said"] = False, str(error)


def forget(key: str) -> None:
    """Say no more what came of it."""
    st.session_state.pop(f"{key} said", None)
