"""The Images page's state and the widgets that make it: the model, what is searched for, and the dials."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ays_toy import bundled, names, serving
from ays_toy.bundled import BUNDLED
from ays_toy.checks import whole_number
from ays_toy.exchange.formats import FORMATS
from ays_toy.images import compared, results, scores
from ays_toy.images.config import ITERATIONS, SAMPLES, ImageConfig, Which
from ays_toy.images.pipelines.conditioning import labels_in, prompts_in
from ays_toy.images.pipelines.loras import MOST_SCALE
from ays_toy.images.pipelines.pixels import MOST_LABELS
from ays_toy.images.scores import FIGURES
from ays_toy.sampling.schedules import MAX_STEPS, MIN_STEPS, SCHEDULES
from ays_toy.ui import codec, controls, frame, record, terms
from ays_toy.ui.controls import draws, pick
from ays_toy.ui.images import model_box
from ays_toy.ui.view import MAX_SEED, POWERS, brought, solver_named

MOST_PROMPTS, MOST_NAME = 300, 200  # characters that a link can hold
REFINEMENTS = (0, 20, 60)  # iterations of the automatic choice's refinement, whose samples cost more than points do
GUIDANCES = (0.0, 1.5, 2.0, 3.0, 5.0)  # of a model that ships; 0: its own, which is none
STEPS = (4, 5, 6, 8, 10, 20)
STRENGTHS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # 1: from noise alone
VIEWS = {"samples": "Samples", "difference": "Difference from 100 steps"}
ZERO = {"replace": "takes the last level's place", "append": "one step more"}


def _name(text: str) -> str:
    if not text.strip() or len(text) > MOST_NAME or not text.isprintable():
        raise ValueError(
            f"The model must be “digits”, “handwritten”, a folder, a file or a hub name, of at most {MOST_NAME} "
            "characters."
        )
    serving.current().check_model(text.strip())
    return text


def _path(what: str) -> Callable[[str], str]:
    """A check of the path that a link names."""

    def check(text: str) -> str:
        if len(text) > MOST_NAME or not text.isprintable():
            raise ValueError(f"The {what} must be a path of at most {MOST_NAME} characters.")
        if text.strip():
            serving.current().check_path()
        return text

    return check


def _prompts(text: str) -> str:
    if len(text) > MOST_PROMPTS:
        raise ValueError(f"The prompts of a link may have {MOST_PROMPTS} characters, not {len(text)}: shorten them.")
    return text


def _classes(text: str) -> str:
    whole_number(len(labels_in(text)), "The number of classes", 0, MOST_LABELS)
    return text


def _told(text: str) -> tuple[int, ...]:
    """The classes in a text; none where it is not usable, which its field says."""
    try:
        return labels_in(_classes(text))
    except ValueError:
        return ()


@dataclass(frozen=True)
class ImagesView:
    """The Images page's state."""

    image_model: str = codec.param(bundled.SMALLEST, codec.checked(_name))
    prompts: str = codec.param("", _prompts)
    labels: str = codec.param("", _classes)
    guidance: float = codec.param(0.0, codec.number("The guidance", 0.0, 50.0))  # 0: the model's own
    lora: str = codec.param("", _path("LoRA"))
    lora_scale: float = codec.param(1.0, codec.number("The scale of the LoRA", -MOST_SCALE, MOST_SCALE))
    folder: str = codec.param("", _path("folder of clean images"))
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
        name = self.image_model.strip()
        guidance = self.guidance or None
        if ships(name):
            return Which(name, guidance=bundled.own_guidance(name, guidance) if can_be_told(name) else None)
        return Which(
            name,
            prompts_in(self.prompts),
            guidance,
            labels=_told(self.labels),
            lora=self.lora.strip(),
            lora_scale=self._added,
        )

    @property
    def _added(self) -> float:
        """How much of the LoRA is added; without one always the same."""
        return self.lora_scale if self.lora.strip() else Which.lora_scale

    @property
    def shipped(self) -> results.Results | None:
        """What ships of the model with that guidance, which is of all of its noise."""
        return results.find(self.which.name, self.which.guidance) if self.strength == 1 else None

    @property
    def at_hand(self) -> results.Results | None:
        """The same, or of the model as it is: its schedules can be tried with another guidance."""
        return self.shipped or (results.find(self.which.name) if self.strength == 1 else None)

    @property
    def bundled(self) -> bool:
        """Whether the model ships with its results, so that a page need not load it to show something."""
        return self.at_hand is not None

    @property
    def config(self) -> ImageConfig:
        """The run that the controls describe; the dials are not part of it."""
        start = self.base if self.method == "ays" else ImageConfig.start
        folder = "" if ships(self.image_model) else self.folder.strip()
        figure = self.figure if self.figure in scores.fitting(self.which.name, self.solver) else None
        refined = self.image_iterations if self.method == "choice" else ITERATIONS
        named = (self.which, self.solver, self.steps, figure, self.method, start, folder)
        beside = self.shipped.samples if self.shipped else SAMPLES  # as many as stand behind what ships
        return ImageConfig(
            *named,
            samples=beside,
            search=2 * SAMPLES,
            iterations=refined,
            seed=self.seed,
            strength=self.strength,
        )


def ships(model: str) -> bool:
    """Whether a model of that name ships with the project, with clean images and without prompts."""
    return model.strip() in BUNDLED


def can_be_told(model: str) -> bool:
    """Whether that is a model that ships and is told which digit to draw."""
    return ships(model) and bool(BUNDLED[model.strip()].labels)


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
        _classes(st.session_state["labels"])
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
