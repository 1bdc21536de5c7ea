"""Optimizing and comparing for an image model as it is watched: load, one pass, a search, samples of every schedule.

A generator of frozen states that can be stopped within one call of the denoiser and taken up again: the pass goes on
from its checkpoint, which also outlives the process, and scores that are known are not measured twice.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ays_toy import store
from ays_toy.checks import lookup, whole_number
from ays_toy.denoisers import Denoiser
from ays_toy.images import collect, compared, loading, optimizing, scores, sources
from ays_toy.images.choose import Effort
from ays_toy.images.models import ImageModel
from ays_toy.images.optimizing import Finding, Search
from ays_toy.images.sampling import draw
from ays_toy.images.scores import Judge
from ays_toy.klub import KlubEstimate
from ays_toy.metrics import Estimate
from ays_toy.paths import PathGram
from ays_toy.samplers import SOLVERS, denoiser_calls

FRESH_SEED = 7_000  # of what is reported: no search uses it
MAX_STEPS = 40
SAMPLES = 1024
LEAST_SAMPLES = 40
MAX_PASSES = 30  # kept on disk, a third of a megabyte each


@dataclass(frozen=True)
class Which:
    """An image model by name, with the prompts and the guidance that make it a denoiser; hashable."""

    name: str = loading.DIGITS
    prompts: tuple[str, ...] = ()
    guidance: float | None = None
    device: str | None = None

    def load(self) -> ImageModel:
        """The model; errors are those of `images.load`."""
        return loading.load(self.name, device=self.device, prompts=self.prompts or None, guidance=self.guidance)


@dataclass(frozen=True)
class ImageConfig:
    """Everything that decides what a run finds and measures."""

    which: Which = field(default_factory=Which)
    solver: str = "stochastic-ddim"
    steps: int = 10
    figure: str | None = None  # None: the one that fits model and solver
    samples: int = SAMPLES  # behind every figure that is reported
    paths: int = collect.PATHS
    seed: int = 0

    def __post_init__(self) -> None:
        lookup(SOLVERS, self.solver, "solver")
        if self.figure is not None:
            lookup(scores.FIGURES, self.figure, "figure of quality")
        whole_number(self.steps, "The number of steps", 2, MAX_STEPS)
        whole_number(self.samples, "The number of samples", LEAST_SAMPLES, 1_000_000)
        whole_number(self.paths, "The number of paths", 2, 1_000_000)

    @property
    def effort(self) -> Effort:
        """Samples behind the scores of the search's rounds."""
        return Effort.of(2 * self.samples)


@dataclass(frozen=True, eq=False)
class Row:
    """One schedule of the comparison: its style in the palette, its levels [n+1], its price and its figures."""

    title: str
    style: str
    sigmas: np.ndarray
    klub: KlubEstimate
    figures: dict[str, Estimate]


@dataclass(frozen=True, eq=False)
class ImageState:
    """A run so far: what it is at, in words, how far, and all that it has."""

    stage: str = "Loading the model"
    share: float = 0.0
    model: ImageModel | None = None
    about: str = ""  # where the clean images are from
    gram: PathGram | None = None
    finding: Finding | None = None
    pictures: Mapping[str, np.ndarray] = field(default_factory=dict)  # by style, see `compared.grid_of_pictures`
    rows: tuple[Row, ...] = ()


class _Stopped(Exception):
    """Raised between two calls of a denoiser whose run was asked to stop."""


@dataclass(eq=False)
class _Stoppable:
    """A denoiser that counts the images it is given, and stops where it is asked to."""

    denoiser: Denoiser
    stop: Callable[[], bool]
    images: int = 0

    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        if self.stop():
            raise _Stopped
        self.images += len(x)
        return self.denoiser(x, sigma)


@dataclass(eq=False)
class _Kept(Judge):
    """A judge that measures no schedule, and draws no pictures, twice on the same seeds."""

    known: dict[Any, Any] = field(default_factory=dict)

    def _once(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self.known:
            self.known[key] = make()
        return self.known[key]

    def pictures(
        self, config: ImageConfig, named: Mapping[str, tuple[str, np.ndarray]]
    ) -> Iterator[tuple[str, np.ndarray]]:
        """Pictures of every schedule, and of many steps where the solver's noise decides what comes out."""
        for name, (_, sigmas) in named.items():
            yield (
                name,
                self._once(
                    (name, tuple(sigmas.tolist())),
                    partial(compared.drawn, self.model, sigmas, config.solver, config.seed),
                ),
            )
        if compared.has_reference(config.solver):
            yield "reference", self._once("reference", lambda: compared.reference(self.model, config.seed))

    def fresh(self, config: ImageConfig, sigmas: np.ndarray) -> dict[str, Estimate]:
        """All figures that model and solver have, on seeds that no search has used."""

        def measure() -> dict[str, Estimate]:
            drawn = draw(self.model, sigmas, config.solver, FRESH_SEED + config.seed, config.samples)
            names = scores.fitting(self.model, config.solver)
            return {name: self.measure(drawn, name, FRESH_SEED + config.seed) for name in names}

        found: dict[str, Estimate] = self._once(("fresh", tuple(sigmas.tolist())), measure)
        return found

    def score(self, solver: str, name: str) -> Callable[[np.ndarray, int, int], Estimate]:
        """As a judge's, from memory where it is known."""
        measure = super().score(solver, name)

        def score(sigmas: np.ndarray, samples: int, seed: int) -> Estimate:
            key = (solver, name, tuple(sigmas.tolist()), samples, seed)
            found: Estimate = self._once(key, lambda: measure(sigmas, samples, seed))
            return found

        return score


def calls(config: ImageConfig) -> int:
    """About how many images a run gives to the denoiser: the pass, the search and the comparison."""
    first, second, third, last = config.effort.samples
    search = 13 * first + 8 * second + 16 * third + 5 * last  # schedules in the rounds of `images.choose`, about
    rows = 8 * config.samples
    return config.paths * collect.LEVELS + denoiser_calls(config.solver, config.steps) * (search + rows)


def seconds_per_image(model: ImageModel, count: int = 64) -> float:
    """Time that the model's denoiser takes for one image of a batch, measured."""
    count = min(count, model.batch)
    x = torch.randn(count, *model.shape, generator=torch.Generator().manual_seed(0))
    middle = float(np.sqrt(model.sigma_max * model.sigma_min))
    model.denoiser(x, middle)  # the first call is slower
    began = time.perf_counter()
    model.denoiser(x, middle)
    return (time.perf_counter() - began) / count


def checkpoint(config: ImageConfig) -> Path:
    """Where the pass of a run is kept, the same for all that only search and sample otherwise."""
    digest = hashlib.blake2s(repr((config.which, config.paths, config.seed)).encode(), digest_size=10).hexdigest()
    return store.home() / "passes" / f"{digest}.safetensors"


def run(config: ImageConfig, stop: Callable[[], bool] = lambda: False) -> Iterator[ImageState]:
    """Yield a state after every batch of the pass, round of the search and schedule sampled; `stop` is asked often.

    Raises ValueError, in a sentence, for a model that cannot be loaded and a figure that does not fit it.
    """
    state = ImageState()
    yield state
    model = config.which.load()
    figure = config.figure or scores.default_figure(model, config.solver)
    scores.check_figure(model, config.solver, figure)
    if config.steps >= collect.LEVELS:
        raise ValueError(f"The number of steps must be below {collect.LEVELS}, the levels of the matrix.")
    counted = _Stoppable(model.denoiser, stop)
    model = replace(model, denoiser=counted)
    kept, total = _Kept(model), calls(config)

    def at(stage: str, **more: Any) -> ImageState:
        nonlocal state
        state = replace(state, stage=stage, share=min(0.99, counted.images / total), **more)
        return state

    while True:
        try:
            yield from _stages(config, model, figure, kept, at)
            yield replace(state, share=1.0)
            return
        except _Stopped:
            yield state
            if stop():
                return


def _stages(
    config: ImageConfig, model: ImageModel, figure: str, kept: _Kept, at: Callable[..., ImageState]
) -> Iterator[ImageState]:
    """Pass, pictures, search and comparison, one after the other; what a stopped run had is found again, not redone."""
    yield at("Gathering clean images", model=model)
    source = sources.find(model, config.paths, seed=config.seed)
    path = checkpoint(config)
    path.parent.mkdir(parents=True, exist_ok=True)
    for progress in collect.stream(model, source.x0, collect.grid_for(model), seed=config.seed, checkpoint=path):
        words = f"One pass that prices every schedule: {progress.done} of {progress.total} batches"
        yield at(words, model=model, about=source.about)
    gram = progress.gram
    assert gram is not None
    tidy(path.parent)
    drawn = dict(kept.pictures(config, compared.named(model, gram, config.steps)))
    yield at("Choosing a schedule on held-out seeds", gram=gram, pictures=drawn)
    search = Search(config.solver, config.steps, "choice", figure, effort=config.effort)
    for finding in optimizing.find(kept, gram, source.x0, search):
        yield at(f"Choosing, {finding.line}", finding=finding)
    named = compared.named(model, gram, config.steps, finding.sigmas)
    drawn = dict(kept.pictures(config, named))
    rows: tuple[Row, ...] = ()
    for name, (title, sigmas) in named.items():
        yield at(f"Sampling on fresh seeds: {title}", pictures=drawn, rows=rows)
        rows = (*rows, Row(title, name, sigmas, gram.price(sigmas), kept.fresh(config, sigmas)))
    yield at("Done", rows=rows)


def tidy(folder: Path) -> None:
    """Delete all but the latest passes."""
    passes = sorted(folder.glob("*.safetensors"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in passes[MAX_PASSES:]:
        path.unlink(missing_ok=True)
