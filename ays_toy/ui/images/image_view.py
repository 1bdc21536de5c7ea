"""The Images page's state: the model, what is searched for, and the dials, each checked as a link says it."""

from collections.abc import Callable
from dataclasses import dataclass

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
from ays_toy.ui import codec
from ays_toy.ui.view import MAX_SEED, POWERS, brought, solver_named

CLEAREST = "handwritten"  # what the page opens on: it shows strokes break
MOST_PROMPTS, MOST_NAME = 300, 200  # characters that a link can hold
REFINEMENTS = (0, 20, 60)  # iterations of the automatic choice's refinement, whose samples cost more than points do
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


def check_classes(text: str) -> str:
    """The same text, where it names classes by their numbers; ValueError that says what to change otherwise."""
    whole_number(len(labels_in(text)), "The number of classes", 0, MOST_LABELS)
    return text


def _told(text: str) -> tuple[int, ...]:
    """The classes in a text; none where it is not usable, which its field says."""
    try:
        return labels_in(check_classes(text))
    except ValueError:
        return ()


@dataclass(frozen=True)
class ImagesView:
    """The Images page's state."""

    image_model: str = codec.param(CLEAREST, codec.checked(_name))
    prompts: str = codec.param("", _prompts)
    labels: str = codec.param("", check_classes)
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
