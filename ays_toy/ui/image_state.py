"""What the Images page shows, from its controls and link: the model, and all that is known of it so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from ays_toy.images import compared, live, loading, results
from ays_toy.images.live import ImageConfig, ImageState, Which
from ays_toy.images.models import ImageModel
from ays_toy.images.scores import FIGURES
from ays_toy.metrics import Estimate
from ays_toy.paths import PathGram
from ays_toy.samplers import SOLVERS
from ays_toy.ui import background, codec
from ays_toy.ui.background import Watch
from ays_toy.ui.view import MAX_SEED

SLOT = "images"
MOST_PROMPTS, MOST_NAME = 300, 200  # characters that a link can hold
VIEWS = {"samples": "Samples", "difference": "Difference from 100 steps"}


def _name(text: str) -> str:
    if not text.strip() or len(text) > MOST_NAME or not text.isprintable():
        raise ValueError(f"The model must be “digits”, a folder or a hub name, of at most {MOST_NAME} characters.")
    return text


def _prompts(text: str) -> str:
    if len(text) > MOST_PROMPTS:
        raise ValueError(f"The prompts of a link may have {MOST_PROMPTS} characters, not {len(text)}: shorten them.")
    return text


@dataclass(frozen=True)
class ImagesView:
    """The Images page's state."""

    image_model: str = codec.param(loading.DIGITS, codec.checked(_name))
    prompts: str = codec.param("", _prompts)
    guidance: float = codec.param(0.0, codec.number("The guidance", 0.0, 50.0))  # 0: the pipeline's own
    solver: str = codec.param("stochastic-ddim", codec.choice(SOLVERS, "solver"))
    steps: int = codec.param(8, codec.whole("The number of steps", 2, live.MAX_STEPS))
    figure: str = codec.param("frechet", codec.choice(FIGURES, "figure of quality"))
    pictures: str = codec.param("samples", codec.choice(VIEWS, "view"))
    seed: int = codec.param(0, codec.whole("The noise's seed", 0, MAX_SEED))

    @property
    def which(self) -> Which:
        """The model that the controls name."""
        lines = tuple(line.strip() for line in self.prompts.splitlines() if line.strip())
        return Which(self.image_model.strip(), lines, self.guidance or None, None)

    @property
    def bundled(self) -> bool:
        """Whether the model is the one that ships with the project."""
        return self.image_model.strip() == loading.DIGITS

    @property
    def config(self) -> ImageConfig:
        """The run that the controls describe."""
        return ImageConfig(self.which, self.solver, self.steps, self.figure, seed=self.seed)


# --- controls ------------------------------------------------------------------------------------------------------


def controls() -> None:
    """The model, and what its samples are judged by."""
    keep: dict[str, Any] = {"persist_state": "session"}
    st.text_input(
        "Model",
        key="image_model",
        max_chars=MOST_NAME,
        help="“digits” ships with this project. Or the path of a folder in diffusers' format on this server, or a name "
        "on the Hugging Face hub such as google/ddpm-cifar10-32: safetensors only, and no code of its own.",
        **keep,
    )
    if st.session_state["image_model"].strip() != loading.DIGITS:
        st.text_area(
            "Prompts, one a line",
            key="prompts",
            max_chars=MOST_PROMPTS,
            help="For text-to-image models: row after row of pictures takes the next prompt.",
            **keep,
        )
        st.number_input(
            "Guidance",
            0.0,
            50.0,
            step=0.5,
            key="guidance",
            help="Scale of classifier-free guidance; 0 leaves it at the model's own.",
            **keep,
        )


def figure_control() -> None:
    """The figure of quality, among those that the model and the solver have."""
    digits = st.session_state["image_model"].strip() == loading.DIGITS
    stochastic = SOLVERS[st.session_state["solver"]].stochastic
    options = [
        name for name in FIGURES if not (name == "frechet" and not digits) and not (name == "distance" and stochastic)
    ]
    if st.session_state["figure"] not in options:
        st.session_state["figure"] = options[0]
    st.selectbox(
        "Judge pictures by",
        options,
        format_func=lambda name: FIGURES[name].title,
        key="figure",
        persist_state="session",
        help=" ".join(f"**{FIGURES[name].title}:** {FIGURES[name].about}" for name in options),
    )


# --- what there is -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def digits() -> ImageModel:
    """The model that ships with the project."""
    return loading.load(loading.DIGITS)


@lru_cache(maxsize=64)
def _digits_pictures(solver: str, steps: int, seed: int, ours: tuple[float, ...]) -> dict[str, np.ndarray]:
    model = digits()
    named = compared.named(model, results.gram(), steps, np.array(ours) if ours else None)
    return compared.grid_of_pictures(model, named, solver, seed)


@dataclass(frozen=True, eq=False)
class Shown:
    """Everything that the page can show of one model at one number of steps."""

    model: ImageModel
    gram: PathGram | None
    named: Mapping[str, tuple[str, np.ndarray]]  # style -> title, levels
    pictures: Mapping[str, np.ndarray]
    figures: Mapping[str, Mapping[str, Estimate]]  # style -> figure -> estimate
    about: str  # where the figures come from


def watch(view: ImagesView) -> Watch | None:
    """This session's run, where it is the one that the controls describe."""
    known = background.current(SLOT)
    return known if known and known.job.key == view.config else None


def state_of(known: Watch | None) -> ImageState | None:
    """What the run has reached."""
    return known.progress.snapshot if known else None


def shown(view: ImagesView, known: Watch | None) -> Shown | None:
    """What a run has found, or what ships with the digits; None for a model that has not been loaded."""
    state = state_of(known)
    if state and state.model and state.pictures:
        ours = state.finding.sigmas if state.finding else None
        measured = {row.style: row.figures for row in state.rows}
        about = f"measured here on {view.config.samples:,} samples of each schedule, on seeds that no search has used"
        named = compared.named(state.model, state.gram, view.steps, ours)
        if measured or not view.bundled:
            return Shown(state.model, state.gram, named, state.pictures, measured, about)
    if not view.bundled:
        return None
    bundled = results.digits().at(view.solver, view.steps)
    ours = bundled.sigmas.get("choice") if bundled else None
    named = compared.named(digits(), results.gram(), view.steps, ours)
    pictures = _digits_pictures(view.solver, view.steps, view.seed, tuple(ours) if ours is not None else ())
    about = f"measured beforehand on {results.digits().samples:,} samples of each, on seeds that no search has used"
    return Shown(digits(), results.gram(), named, pictures, bundled.figures if bundled else {}, about)
