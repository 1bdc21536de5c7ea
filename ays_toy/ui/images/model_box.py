"""Beside the model's name on the page Images: models of the hub to choose from, and a LoRA for what is chosen."""

from typing import Any

import streamlit as st

from ays_toy.bundled import BUNDLED, Bundled
from ays_toy.images import results, suggested, vision
from ays_toy.images.pipelines.loras import MOST_SCALE
from ays_toy.images.suggested import Suggested
from ays_toy.ui import background
from ays_toy.ui.controls import draws
from ays_toy.ui.whole import whole

KEEP: dict[str, Any] = {"persist_state": "session"}


@draws("image_model")
def suggestions() -> None:
    """The models that are suggested, each a button, with what it needs here."""
    with st.popover("Suggested models", icon=":material/collections:", key="suggested models", width="stretch"):
        for name, ours in BUNDLED.items():
            st.button(ours.title, key=f"take {name}", width="stretch", on_click=_take, args=(name,))
            st.caption(_ships(ours))
        if known := suggested.offered():
            st.caption(_about())
        for one in known:
            st.button(one.name, key=f"take {one.name}", width="stretch", on_click=_take, args=(one.name,))
            st.caption(_line(one))


def _about() -> str:
    memory = suggested.memory_here(background.device())
    here = "" if memory is None else f" This {_device()} has {memory:,.0f} GB."
    return (
        "From the Hugging Face hub, by the licenses and file sizes on their pages. The memory is that of the weights "
        f"alone, once prompts have been read: reading them, and what a call computes, comes on top.{here} How long a "
        "call takes is not known before it is measured: the run says so once the model is loaded."
    )


def _device() -> str:
    return "machine" if background.device() == "cpu" else "GPU"


def _line(one: Suggested) -> str:
    memory, here = one.memory(background.device()), suggested.memory_here(background.device())
    too_large = f", more than this {_device()} has" if here is not None and memory > here else ""
    return (
        f"{one.draws}; license {one.license}; {_count(one.parameters)} parameters; {memory:.1f} GB of weights "
        f"here{too_large}"
    )


def _count(millions: float) -> str:
    return f"{millions / 1000:.1f} billion" if millions >= 1000 else f"{millions:.0f} million"


def _ships(one: Bundled) -> str:
    told = f"; told which digit to draw, of {len(one.labels)}" if one.labels else "; live in a moment"
    return f"Ships with this project{told}."


@whole
def _take(name: str) -> None:
    """Choose a model, in as many steps as something is known of it: where not in those chosen, then in the fewest."""
    st.session_state["image_model"], known = name, results.find(name)
    if known and not known.at(st.session_state["solver"], st.session_state["steps"]):
        st.session_state["steps"] = known.steps[0]


@draws("lora", "lora_scale")
def lora() -> None:
    """A LoRA that is added to the model's weights, and how much of it."""
    file, scale = st.columns([0.68, 0.32])
    file.text_input(
        "LoRA",
        key="lora",
        max_chars=200,
        placeholder="none",
        help="A .safetensors file on this server, or the folder of one, that was trained for this model.",
        **KEEP,
    )
    scale.number_input(
        "Its scale",
        -MOST_SCALE,
        MOST_SCALE,
        step=0.1,
        key="lora_scale",
        help="How much of the LoRA is added: 1 as it was trained.",
        **KEEP,
    )


def judged(figure: str) -> None:
    """What a model of one's own is held against, and in whose features, as far as that can be done here."""
    encoder = vision.name()
    if figure == "frechet-vision":
        st.caption(f"In the features of {encoder}, which is on this machine.")
    elif encoder is None:
        st.caption(
            "No image encoder is on this machine, so no figure is of what pictures show. The distance to many steps, "
            "for solvers of the ODE, says how far they are from what the model itself would draw."
        )
