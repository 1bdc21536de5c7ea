"""*Yours*: a schedule that was brought into a page that compares, over the model's range, with the steps that it has.

Its levels, as they were brought, are a field of the page's view, so that they fit themselves to another range too.
"""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from ays_toy.exchange import export
from ays_toy.exchange.reading import Brought
from ays_toy.palette import STYLES
from ays_toy.sampling.schedules import MIN_STEPS, Schedule
from ays_toy.ui import bring, frame, record
from ays_toy.ui.whole import whole

NAME = "yours"  # its entry in the palette
Levels = tuple[float, ...]
Fit = Callable[[Sequence[float]], tuple[np.ndarray, str | None]]  # as `fitting.fit_range` for the page's model


def control(field: str, fit: Fit) -> None:
    """Bring a schedule, or take the one that was brought away."""
    if not record.visible(field):
        return

    def take(brought: Brought) -> str:
        sigmas, words = fit(brought.levels)
        st.session_state[field] = list(brought.levels)
        return f"Brought: {said(sigmas)}{' ' + words if words else ''}"

    about = "A list of noise levels from another tool, shown as *Yours* beside the others."
    popover = bring.schedule(f"bring {field}", take, about)
    if st.session_state[field]:
        popover.button(
            "Take Yours away",
            icon=":material/close:",
            key=f"drop {field}",
            on_click=_drop,
            args=(field,),
            type="tertiary",
        )


def said(sigmas: np.ndarray) -> str:
    """What a schedule is, in a few words."""
    return f"{sigmas.size} levels for {export.steps(sigmas.size - 1)}, from {sigmas[0]:.5g} to {sigmas[-1]:.5g}."


@whole
def _drop(field: str) -> None:
    st.session_state[field] = []
    bring.forget(f"bring {field}")


def fitted(levels: Levels, fit: Fit, steps: int) -> tuple[Schedule | None, str]:
    """What was brought, over the range as it is now, beside others of so many steps; or why it cannot be, if at all."""
    if not levels:
        return None, ""
    try:
        sigmas = fit(levels)[0]
    except ValueError as error:
        return None, str(error)
    n, title = sigmas.size - 1, STYLES[NAME].title  # with its steps, where those are others than the page's
    return Schedule(NAME, title if n == steps else f"{title}, {export.steps(n)}", sigmas), ""


def remarks(levels: Levels, fit: Fit, steps: int) -> None:
    """Say why what was brought is not shown, or that it has other steps than the rest, and offer to set those."""
    one, why = fitted(levels, fit, steps)
    if why:
        st.warning(f"**Yours** is not shown: {frame.literal(why)}", icon=":material/content_paste_off:")
    if one is None or (n := one.steps) == steps:
        return
    row = st.container(horizontal=True, vertical_alignment="center")
    row.markdown(
        f"**Yours has {export.steps(n)}** and the others {steps}: not as many denoiser calls.", width="content"
    )
    if n >= MIN_STEPS and record.visible("steps"):
        row.button(f"Set Steps to {n}", key="set steps", on_click=_set_steps, args=(n,), icon=":material/equal:")


@whole
def _set_steps(n: int) -> None:
    st.session_state["steps"] = n
