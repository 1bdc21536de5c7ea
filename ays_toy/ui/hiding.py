"""What a link can hide: the controls of all pages by their field, in words, and the way to have them back.

`hide=seed,sigma_min` in an address leaves out the controls of those fields, on whatever page has them.
"""

from collections.abc import Iterable, Mapping

import streamlit as st

from ays_toy.checks import quoted
from ays_toy.ui import codec, record
from ays_toy.ui.whole import whole
from ays_toy.words import listed

CONTROLS: Mapping[str, str] = {  # in the order in which pages have them
    "data": "Data",
    "origin": "Start from",
    "width": "Width",
    "depth": "Layers",
    "length": "Training steps",
    "batch": "Batch",
    "rate": "Learning rate",
    "training_seed": "Seed",
    "image_model": "Model",
    "prompts": "Prompts",
    "labels": "Classes",
    "guidance": "Guidance",
    "lora": "LoRA",
    "lora_scale": "Its scale",
    "folder": "Folder of clean images",
    "model": "Model",
    "solver": "Solver",
    "steps": "Steps",
    "strength": "Strength",
    "shown": "Schedules side by side",
    "yours": "Bring a schedule",
    "image_yours": "Bring a schedule",
    "align": "Align the panels",
    "targets": "The denoiser's targets",
    "follow": "Follow a path",
    "place": "Play, and stop on the way",
    "sweep": "Stop by hand at a sweep",
    "start": "Start from",
    "levels": "Bring a schedule, Snap to",
    "weight": "Price by (power p)",
    "metric": "Metric",
    "samples": "Samples behind each price",
    "figure": "Judge pictures by",
    "kind": "Models",
    "judged": "Judge by",
    "studied": "Data in detail",
    "under": "Solver in detail",
    "method": "Find a schedule by",
    "base": "Start from",
    "sigma_max": "Highest noise level",
    "sigma_min": "Lowest noise level",
    "columns": "Columns of the table",
    "seed": "New noise",
    "noises": "The same under three noises",
    "guess": "Guess who wins",
    "way": "Draw, Image or CSV",
    "pictures": "Samples or differences",
    "iterations": "Refinement of the choice",
    "image_iterations": "Refinement of the choice",
    "matrix": "Price a step by",
    "power": "Weight of the p-optimum",
    "gamma": "Weight of the errors (γ)",
    "share": "From the start to the optimum",
    "more": "Number of steps of what is taken home",
    "take": "Take home",
    "home": "Schedule to take home",
    "format": "Its format",
    "final_zero": "A final zero",
}
IN_FIGURES = {"follow", "place", "sweep"}  # what has no widget of its own, and is moved in a figure


def read(text: str) -> tuple[str, ...]:
    """The hidden fields in a link; a name that no control has is said, and the others are hidden all the same."""
    named = dict.fromkeys(part.strip() for part in text.split(",") if part.strip() not in ("", codec.NONE))
    known = tuple(name for name in named if name in CONTROLS)
    if strange := [quoted(name) for name in named if name not in CONTROLS]:
        raise codec.Partly(f"there is no control {listed(strange[:3], 'or')} to hide.", known)
    return known


def way_out(fields: Iterable[str]) -> None:
    """Say that some of what could be changed here is hidden, and offer it: of a lesson's step what that leaves."""
    session = record.this_session()
    left = set(fields) if session.only is None else set(fields) & (session.only | IN_FIGURES)
    if not left & set(session.values.get(record.HIDE, ())):
        return
    with st.container(key="hidden_note", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(":small[Some controls are hidden by this link.]", width="content")
        st.button("Show all", icon=":material/visibility:", key="show all", type="tertiary", on_click=_show_all)


@whole
def _show_all() -> None:
    record.this_session().choose(record.HIDE, ())
