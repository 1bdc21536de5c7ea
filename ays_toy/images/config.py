"""What a run on an image model is asked for: everything that decides what it finds and measures, and what it costs."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from weakref import WeakValueDictionary

from ays_toy import bundled, names, seeds, serving
from ays_toy.checks import lookup, real_number, whole_number
from ays_toy.data.counted import BACKWARD
from ays_toy.images import collect, loading, results, scores
from ays_toy.images.partial import LEAST_STRENGTH
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.sampling import MANY_STEPS
from ays_toy.optimize import NEAR, Effort, Plan
from ays_toy.optimize.refine import MOST_ITERATIONS
from ays_toy.sampling.samplers import denoiser_calls
from ays_toy.sampling.schedules import MAX_STEPS, MIN_STEPS, SCHEDULES
from ays_toy.sampling.solvers import find

SAMPLES = 1024
LEAST_SAMPLES = 40
EFFORT = NEAR.effort or Effort()  # of the choice's refinement
ITERATIONS = EFFORT.iterations
SWEEPS = 12  # of the paper's search, about


@dataclass(frozen=True)
class Which:
    """An image model by name, with the prompts or labels and the guidance that make it a denoiser; hashable."""

    name: str = bundled.SMALLEST
    prompts: tuple[str, ...] = ()
    guidance: float | None = None
    device: str | None = None
    labels: tuple[int, ...] = ()
    lora: str = ""  # a file; none: the model as it is
    lora_scale: float = 1.0

    def load(self) -> ImageModel:
        """The model, bundled ones in memory once, as are all on a shared server; errors are those of `images.load`.

        Elsewhere a model may be a folder, whose files may have changed since.
        """
        if self == Which(self.name, guidance=self.guidance) and self.name in bundled.BUNDLED:
            return results.loaded(self.name, self.guidance)
        shared = serving.current().shared
        if shared and (known := _in_use.get(self)):
            return known
        found = loading.load(
            self.name,
            device=self.device,
            prompts=self.prompts or None,
            labels=self.labels or None,
            guidance=self.guidance,
            lora=self.lora or None,
            lora_scale=self.lora_scale,
        )
        return _in_use.setdefault(self, found) if shared else found


_in_use: WeakValueDictionary[Which, ImageModel] = WeakValueDictionary()  # of runs under way, or at rest and kept


@dataclass(frozen=True)
class Later:
    """A part of a model that is called, such as its denoiser: the model is loaded where that happens, and kept."""

    which: Which
    part: str

    def __call__(self, *arguments: Any) -> Any:
        """As the part itself."""
        return getattr(_kept(self.which), self.part)(*arguments)


@lru_cache(maxsize=1)
def _kept(which: Which) -> ImageModel:
    return which.load()


def described(which: Which, model: ImageModel) -> ImageModel:
    """The model of that name without its network, so that other processes can be sent it."""
    called = ("denoiser", "encode", "decode", "data", "shown")
    later: dict[str, Any] = {part: Later(which, part) for part in called if getattr(model, part) is not None}
    return replace(model, **later)


@dataclass(frozen=True)
class ImageConfig:
    """Everything that decides what a run finds and measures."""

    which: Which = field(default_factory=Which)
    solver: str = "stochastic-ddim"
    steps: int = 10
    figure: str | None = None  # None: the one that fits model and solver
    method: str = "choice"
    start: str = "time-uniform"  # of the paper's search
    folder: str = ""  # of clean images; without one those that come with the model, or its own samples
    samples: int = SAMPLES  # behind every figure that is reported
    paths: int = collect.PATHS
    iterations: int = ITERATIONS  # of the choice's refinement; 0: none
    seed: int = 0
    search: int | None = None  # samples behind a score of its last round; None: twice those of a figure
    strength: float = 1.0  # of image to image; 1: from noise alone

    def __post_init__(self) -> None:
        object.__setattr__(self, "solver", find(self.solver).name)
        if self.figure is not None:
            lookup(scores.FIGURES, self.figure, "figure of quality")
        lookup(dict.fromkeys(names.SEARCHED), self.method, "method")
        lookup(SCHEDULES, self.start, "schedule")
        whole_number(self.steps, "The number of steps", MIN_STEPS, MAX_STEPS)
        real_number(self.strength, "The strength", LEAST_STRENGTH, 1.0)
        whole_number(self.samples, "The number of samples", LEAST_SAMPLES, 1_000_000)
        if self.search is not None:
            whole_number(self.search, "The number of samples of the search", LEAST_SAMPLES, 1_000_000)
        whole_number(self.paths, "The number of paths", 2, 1_000_000)
        whole_number(self.iterations, "The number of iterations", 0, MOST_ITERATIONS)

    @property
    def fresh_seed(self) -> int:
        """Of the samples behind every figure that is reported."""
        return seeds.IMAGE_REPORT + self.seed

    @property
    def decides(self) -> str:
        """The figure that the search goes by."""
        return self.figure or scores.default_figure(self.which.name, self.solver)

    @property
    def figures(self) -> list[str]:
        """What is measured of every schedule: all figures that fit, the distance to many steps only if it decides."""
        fitting = [*scores.fitting(self.which.name, self.solver), *scores.reported(self.which.name)]
        return [name for name in fitting if name != "distance" or name == self.decides]

    @property
    def priced_by(self) -> tuple[Any, ...]:
        """All that decides the pass that prices every schedule; the part that a strength leaves depends on the rest."""
        part = () if self.strength == 1 else (self.strength, self.solver, self.steps)
        return (self.which, self.folder, self.paths, self.seed, *part)

    @property
    def plan(self) -> Plan:
        """How the search goes, and by how many samples."""
        return NEAR.by(self.search or 2 * self.samples).refined(self.iterations)


def calls(config: ImageConfig) -> int:
    """About how many images a run gives to the denoiser: the pass, the search and the comparison."""
    scored = [samples for samples, _ in config.plan.rounds]
    first, second, third, last = scored
    choice = 13 * first + 8 * second + 16 * third + 5 * last  # schedules in the rounds of `optimize.NEAR`, about
    if effort := config.plan.effort:
        choice += effort.iterations * effort.samples * (1 + BACKWARD) + 6 * last
    samples = (choice if config.method == "choice" else SWEEPS * last) + 8 * config.samples
    found = config.paths * collect.LEVELS + denoiser_calls(config.solver, config.steps) * samples
    if config.decides == "distance":  # many steps of every noise that is used
        found += MANY_STEPS * (config.samples + (sum(scored) if config.method == "choice" else last))
    return found
