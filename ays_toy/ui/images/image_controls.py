"""The widgets that make the Images page's state: the model, what it is asked for, and how a schedule is looked for."""

from typing import Any

import streamlit as st

from ays_toy import names, serving
from ays_toy.images import scores
from ays_toy.images.scores import FIGURES
from ays_toy.ui import controls, frame, record, terms
from ays_toy.ui.controls import draws, pick
from ays_toy.ui.images import model_box
from ays_toy.ui.images.image_view import (
    MOST_NAME,
    MOST_PROMPTS,
    REFINEMENTS,
    can_be_told,
    check_classes,
    ships,
)

GUIDANCES = (0.0, 1.5, 2.0, 3.0, 5.0)  # of a model that ships; 0: its own, which is none
STEPS = (4, 5, 6, 8, 10, 20)


def model_controls() -> None:
    """The model, what it is asked to draw, and where clean images are, as far as that model wants to know."""
    keep: dict[str, Any] = {"persist_state": "session"}
    here = serving.current()
    if here.shared:
        pick("Model", "image_model", {name: name for name in here.offered})
    else:
        _any_model(keep)
    model_box.suggestions()
    model = st.session_state["image_model"]
    if can_be_told(model):
        _how_strongly()
    if ships(model):
        return
    _prompted(keep)
    left, right = st.columns(2)
    with left:
        _classed(keep)
    with right:
        _guided(keep)
    if not here.shared:
        model_box.lora()
        _clean_images(keep)


@draws("guidance")
def _how_strongly() -> None:
    """The guidance of a model that ships and is told which digit to draw."""
    record.among("guidance", GUIDANCES)
    st.select_slider(
        "Guidance toward the digit",
        GUIDANCES,
        format_func=lambda scale: f"{scale:g}" if scale else "1 (none)",
        key="guidance",
        persist_state="session",
        help=f"{terms.about('Guidance')} What is measured here was measured with none.",
    )


@draws("prompts")
def _prompted(keep: dict[str, Any]) -> None:
    st.text_area(
        "Prompts, one a line",
        key="prompts",
        max_chars=MOST_PROMPTS,
        help="For text-to-image models: row after row of pictures takes the next prompt.",
        **keep,
    )


@draws("labels")
def _classed(keep: dict[str, Any]) -> None:
    st.text_input(
        "Classes",
        key="labels",
        max_chars=MOST_NAME,
        placeholder="none",
        help="For models that are told a class by its number, such as “207, 360”: picture after picture takes the "
        "next. Models that read prompts have none.",
        **keep,
    )
    try:
        check_classes(st.session_state["labels"])
    except ValueError as error:
        frame.refuse(error)


@draws("guidance")
def _guided(keep: dict[str, Any]) -> None:
    st.number_input(
        "Guidance",
        0.0,
        50.0,
        step=0.5,
        key="guidance",
        help="Scale of classifier-free guidance; 0 leaves it at the model's own.",
        **keep,
    )


@draws("image_model")
def _any_model(keep: dict[str, Any]) -> None:
    st.text_input(
        "Model",
        key="image_model",
        max_chars=MOST_NAME,
        help="“digits” and “handwritten” ship with this project. Or the path of a folder in diffusers' format, or of a "
        ".safetensors file of Stable Diffusion, on this server, or a name on the Hugging Face hub such as "
        "google/ddpm-cifar10-32: safetensors only, and no code of its own.",
        **keep,
    )


@draws("folder")
def _clean_images(keep: dict[str, Any]) -> None:
    st.text_input(
        "Folder of clean images",
        key="folder",
        max_chars=MOST_NAME,
        placeholder="the model's own samples",
        help="A folder on this server whose images the paths start from, as many as there are, cropped and scaled to "
        "the model's size. Without one, the model's own many-step samples.",
        **keep,
    )


def steps() -> None:
    """The number of steps: of a model that ships and takes a while to draw, one among a few, so that a drag passes few.

    A link can ask for any other.
    """
    if not can_be_told(st.session_state["image_model"]):
        controls.steps()
        return
    controls.steps(sorted({*STEPS, st.session_state["steps"]}))


def search_controls() -> None:
    """What judges pictures, how a schedule is looked for, and from where."""
    options = scores.fitting(st.session_state["image_model"].strip(), st.session_state["solver"])
    record.among("figure", options)
    about = " ".join(f"**{FIGURES[name].title}:** {FIGURES[name].about}" for name in options)
    pick("Judge pictures by", "figure", {name: FIGURES[name].title for name in options}, help=about)
    if not ships(st.session_state["image_model"]):
        model_box.judged(st.session_state["figure"])
    pick(
        "Find a schedule by",
        "method",
        {name: names.title(name) for name in names.SEARCHED},
        help="**Automatic choice:** optima of many weights, baselines, and what lies between, by the figure above on "
        "held-out seeds; what does best is refined. **AYS:** the paper's search on KLUB, stopped where that figure is "
        "best.",
    )
    if st.session_state["method"] == "choice":
        _refinement()
    pick("Start from", "base", names.BASELINES, help="Where the paper's search starts, and what the dial blends with.")


@draws("image_iterations")
def _refinement() -> None:
    controls.refined_by("image_iterations", REFINEMENTS, "20 iterations take longer than all that comes before.")
