"""The Images page's state and the widgets that make it: the model, what is searched for, and the dials."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from ays_toy import names, serving
from ays_toy.exchange.formats import FORMATS
from ays_toy.images import compared, loading, scores
from ays_toy.images.config import ITERATIONS, ImageConfig, Which
from ays_toy.images.pipelines.conditioning import prompts_in
from ays_toy.images.scores import FIGURES
from ays_toy.sampling.schedules import MAX_STEPS, MIN_STEPS, SCHEDULES
from ays_toy.ui import codec, controls, record
from ays_toy.ui.controls import draws, pick
from ays_toy.ui.view import MAX_SEED, POWERS, brought, solver_named

MOST_PROMPTS, MOST_NAME = 300, 200  # characters that a link can hold
REFINEMENTS = (0, 20, 60)  # iterations of the automatic choice's refinement, whose samples cost more than points do
STRENGTHS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # 1: from noise alone
VIEWS = {"samples": "Samples", "difference": "Difference from 100 steps"}
ZERO = {"replace": "takes the last level's place", "append": "one step more"}


def _name(text: str) -> str:
    if not text.strip() or len(text) > MOST_NAME or not text.isprintable():
        raise ValueError(
            f"The model must be “digits”, “handwritten”, a folder or a hub name, of at most {MOST_NAME} characters."
        )
    serving.current().check_model(text.strip())
    return text


def _folder(text: str) -> str:
    if len(text) > MOST_NAME or not text.isprintable():
        raise ValueError(f"The folder of clean images must be a path of at most {MOST_NAME} characters.")
    if text.strip():
        serving.current().check_path()
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
    folder: str = codec.param("", _folder)
    solver: str = codec.param("stochastic-ddim", solver_named)
    strength: float = codec.param(1.0, codec.one_of(STRENGTHS, "The strength"))
    steps: int = codec.param(8, codec.whole("The number of steps", MIN_STEPS, MAX_STEPS))
    figure: str = codec.param("frechet", codec.choice(FIGURES, "figure of quality"))
    method: str = codec.param("choice", codec.choice(dict.fromkeys(names.SEARCHED), "method"))
    image_iterations: int = codec.param(ITERATIONS, codec.one_of(REFINEMENTS, "The number of iterations"))
    base: str = codec.param("time-uniform", codec.choice(SCHEDULES, "schedule"))
    power: float = codec.param(2.0, codec.one_of(POWERS, "The weight's power"))
    share: int = codec.param(100, codec.whole("The share of the optimum", 0, 100))
    pictures: str = codec.param("samples", codec.choice(VIEWS, "view"))
    seed: int = codec.param(0, codec.whole("The noise's seed", 0, MAX_SEED))
    image_yours: tuple[float, ...] = codec.param((), brought)
    home: str = codec.param("choice", codec.choice(dict.fromkeys(compared.ORDER), "schedule to take home"))
    format: str = codec.param("diffusers", codec.choice(FORMATS, "format"))
    final_zero: str = codec.param("replace", codec.choice(ZERO, "final zero"))

    @property
    def which(self) -> Which:
        """The model that the controls name, with the prompts and the guidance that these models take."""
        if self.image_model.strip() == loading.DIGITS:
            return Which()
        prompts = () if ships(self.image_model) else prompts_in(self.prompts)
        return Which(self.image_model.strip(), prompts, self.guidance or None)

    @property
    def bundled(self) -> bool:
        """Whether the model is the one that ships with its results, which are of all of its noise."""
        return self.image_model.strip() == loading.DIGITS and self.strength == 1

    @property
    def config(self) -> ImageConfig:
        """The run that the controls describe; the dials are not part of it."""
        start = self.base if self.method == "ays" else ImageConfig.start
        folder = "" if ships(self.image_model) else self.folder.strip()
        figure = self.figure if self.figure in scores.fitting(self.which.name, self.solver) else None
        refined = self.image_iterations if self.method == "choice" else ITERATIONS
        named = (self.which, self.solver, self.steps, figure, self.method, start, folder)
        return ImageConfig(*named, iterations=refined, seed=self.seed, strength=self.strength)


def ships(model: str) -> bool:
    """Whether a model of that name ships with the project, with clean images and without prompts."""
    return model.strip() in serving.BUNDLED


def model_controls() -> None:
    """The model, what it is asked to draw, and where clean images are, as far as that model wants to know."""
    keep: dict[str, Any] = {"persist_state": "session"}
    here = serving.current()
    if here.shared:
        pick("Model", "image_model", {name: name for name in here.offered})
    else:
        _any_model(keep)
    model = st.session_state["image_model"]
    if model.strip() == loading.DIGITS:
        return
    if not ships(model):
        _prompted(keep)
    _guided(keep)
    if not here.shared and not ships(model):
        _clean_images(keep)


@draws("prompts")
def _prompted(keep: dict[str, Any]) -> None:
    st.text_area(
        "Prompts, one a line",
        key="prompts",
        max_chars=MOST_PROMPTS,
        help="For text-to-image models: row after row of pictures takes the next prompt.",
        **keep,
    )


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
        help="“digits” and “handwritten” ship with this project. Or the path of a folder in diffusers' format on this "
        "server, or a name on the Hugging Face hub such as google/ddpm-cifar10-32: safetensors only, and no code of "
        "its own.",
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


def search_controls() -> None:
    """What judges pictures, how a schedule is looked for, and from where."""
    options = scores.fitting(st.session_state["image_model"].strip(), st.session_state["solver"])
    record.among("figure", options)
    about = " ".join(f"**{FIGURES[name].title}:** {FIGURES[name].about}" for name in options)
    pick("Judge pictures by", "figure", {name: FIGURES[name].title for name in options}, help=about)
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
