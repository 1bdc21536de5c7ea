"""Optimizing and comparing for an image model as it is watched: load, one pass, a search, samples of every schedule.

A generator of frozen states that can be stopped within one call of the denoiser and taken up again: the pass goes on
from its checkpoint, which also outlives the process, and scores that are known are not measured twice.
"""

import hashlib
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ays_toy.data.counted import BACKWARD, Counted, Stopped
from ays_toy.estimates import Measured
from ays_toy.images import collect, compared, optimizing, partial, scores, sources
from ays_toy.images.config import ImageConfig, Which, calls, described
from ays_toy.images.optimizing import Finding, Search
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.scores import Judge
from ays_toy.models import store
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling.samplers import denoiser_calls
from ays_toy.sampling.schedules import Schedule

LONGEST_LOAD, LOOK = 900.0, 0.5  # seconds that a model may take to be there, and between looks at that
MAX_PASSES = 30  # kept on disk, a third of a megabyte each


@dataclass(frozen=True, eq=False)
class ImageState:
    """A run so far: what it is at, in words, how far, and all that it has."""

    stage: str = "Loading the model"
    share: float = 0.0
    model: ImageModel | None = None
    which: Which | None = None  # that model by name
    about: str = ""  # where the clean images are from
    said: tuple[str, ...] = ()  # what could not be kept of it
    gram: PathGram | None = None
    finding: Finding | None = None
    named: Mapping[str, Schedule] = field(default_factory=dict)  # all that has pictures
    pictures: Mapping[str, np.ndarray] = field(default_factory=dict)  # by name, see `compared.grid_of_pictures`
    rows: tuple[Measured, ...] = ()  # what samples on fresh seeds have come to
    judge: Judge | None = None  # with all that it has measured

    def __getstate__(self) -> dict[str, Any]:
        """What another process is sent: a model that is loaded where it is called, and nothing to judge by."""
        model = described(self.which, self.model) if self.which and self.model else self.model
        return {**vars(self), "model": model, "judge": None}


def seconds_per_image(model: ImageModel, count: int = 64) -> float:
    """Time that the model's denoiser takes for one image of a batch, measured: the least of three, after a first."""
    count = min(count, model.batch)
    x = torch.randn(count, *model.shape, generator=torch.Generator().manual_seed(0))
    middle, times = float(np.sqrt(model.sigma_max * model.sigma_min)), []
    for _ in range(4):
        began = time.perf_counter()
        model.denoiser(x, middle)
        times.append(time.perf_counter() - began)
    return min(times[1:]) / count


def checkpoint(config: ImageConfig) -> Path:
    """Where the pass of a run is kept, the same for all that only search and sample otherwise."""
    digest = hashlib.blake2s(repr(config.priced_by).encode(), digest_size=10).hexdigest()
    return store.home() / "passes" / f"{digest}.safetensors"


def run(
    config: ImageConfig, stop: Callable[[], bool] = lambda: False, loads: Executor | None = None
) -> Iterator[ImageState]:
    """Yield a state after every batch of the pass, round of the search and schedule sampled; `stop` is asked often.

    The model is loaded in a thread of `loads`, or one of its own. Raises ValueError, in a sentence, for a model or a
    folder that cannot be loaded, a model that takes longer than `LONGEST_LOAD`, and a figure that does not fit.
    """
    yield ImageState()
    model = yield from _loaded(config.which, loads or ThreadPoolExecutor(1))
    scores.check_figure(model.name, config.solver, config.decides)
    if config.steps >= collect.LEVELS:
        raise ValueError(f"The number of steps must be below {collect.LEVELS}, the levels of the matrix.")
    counted = Counted(model.denoiser, stop, backward=BACKWARD)
    judge = Judge(replace(model, denoiser=counted))
    start = ImageState(model=model, which=config.which, judge=judge)
    yield from _stoppable(start, counted, calls(config), stop, lambda at: _stages(config, judge, model, at))


def _loaded(which: Which, loads: Executor) -> Generator[ImageState, None, ImageModel]:
    """Wait for a model, with a state every so often at which the run can be stopped; pauses do not count."""
    future, waited = loads.submit(which.load), 0.0
    while not wait([future], timeout=LOOK).done:
        waited += LOOK
        if waited >= LONGEST_LOAD:
            raise ValueError(
                f"{which.name} was not loaded within {LONGEST_LOAD / 60:.0f} minutes. What has been downloaded is kept:"
                " try again, or give a folder that holds it."
            )
        yield ImageState()
    return future.result()


def measure(
    config: ImageConfig,
    model: ImageModel,
    gram: PathGram,
    one: Schedule,
    judge: Judge | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[ImageState]:
    """Draw and measure one more schedule on the samples of a run; what its judge has measured is not redone."""
    counted = Counted(model.denoiser, stop, backward=BACKWARD)
    judge, named = (judge or Judge(model)).by(replace(model, denoiser=counted)), {one.name: one}

    def stages(at: Callable[..., ImageState]) -> Iterator[ImageState]:
        yield at("Drawing the pictures")
        pictures = dict(_pictures(config, judge, named))
        yield at("Sampling on fresh seeds", named=named, pictures=pictures)
        yield at("Done", rows=(_measured(config, judge, gram, one),))

    total = denoiser_calls(config.solver, one.steps) * config.samples
    yield from _stoppable(ImageState(model=model, which=config.which, gram=gram), counted, total, stop, stages)


def _stoppable(
    state: ImageState,
    counted: Counted,
    total: int,
    stop: Callable[[], bool],
    stages: Callable[[Callable[..., ImageState]], Iterator[ImageState]],
) -> Iterator[ImageState]:
    """Go through the stages, again from the first where a stop took effect inside of one: what is known is kept."""

    def at(stage: str, **more: Any) -> ImageState:
        nonlocal state
        state = replace(state, stage=stage, share=min(0.99, counted.given / total), **more)
        return state

    while True:
        try:
            yield from stages(at)
            yield replace(state, share=1.0)
            return
        except Stopped:
            yield state
            if stop():
                return


def _stages(
    config: ImageConfig, judge: Judge, plain: ImageModel, at: Callable[..., ImageState]
) -> Iterator[ImageState]:
    """Pass, pictures, search and comparison, one after the other; what a stopped run had is found again, not redone."""
    model = judge.model
    yield at("Gathering clean images")
    folder = Path(config.folder) if config.folder else None
    source = judge.once("clean images", lambda: sources.find(model, config.paths, folder=folder, seed=config.seed))
    if config.strength < 1:
        start = judge.once("images to redraw", lambda: partial.from_where(model, source.x0))
        part = partial.image_to_image(model, start, config.solver, config.steps, config.strength)
        model, judge = part, judge.by(part)
        yield at("Gathering clean images", model=replace(part, denoiser=plain.denoiser))
    said: list[str] = []
    path = _place(config, said.append)
    grid = collect.grid_for(model)
    for progress in collect.stream(model, source.x0, grid, seed=config.seed, checkpoint=path, say=said.append):
        words = f"One pass that prices every schedule: {progress.done} of {progress.total} batches"
        yield at(words, about=source.about, said=tuple(said))
    gram = progress.gram
    assert gram is not None
    if path:
        tidy(path.parent)
    named = compared.named(model, gram, config.steps)
    pictures = dict(_pictures(config, judge, named))
    yield at("Searching on held-out seeds", gram=gram, named=named, pictures=pictures)
    search = Search(config.solver, config.steps, config.method, config.decides, start=config.start, plan=config.plan)
    for finding in optimizing.find(judge, gram, source.x0, search):
        yield at(f"Searching, {finding.line}", finding=finding)
    named = compared.named(model, gram, config.steps, [finding, named["klub-optimum"]])
    pictures = dict(_pictures(config, judge, named))
    rows: tuple[Measured, ...] = ()
    for one in named.values():
        words = f"Sampling on fresh seeds: {len(rows)} of {len(named)} schedules"
        yield at(words, named=named, pictures=pictures, rows=rows)
        rows = (*rows, _measured(config, judge, gram, one))
    yield at("Done", rows=rows)


def _pictures(config: ImageConfig, judge: Judge, named: Mapping[str, Schedule]) -> Iterator[tuple[str, np.ndarray]]:
    return compared.grid_of_pictures(judge.model, named, config.solver, config.seed, judge.once)


def _measured(config: ImageConfig, judge: Judge, gram: PathGram, one: Schedule) -> Measured:
    figures = judge.figures(one.sigmas, config.solver, config.fresh_seed, config.samples, config.figures)
    return Measured(one, gram.price(one.sigmas), figures)


def _place(config: ImageConfig, say: Callable[[str], None]) -> Path | None:
    """Where the pass is kept; None, and a sentence, where nothing can be."""
    path = checkpoint(config)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.exists()
    except OSError as error:
        say(
            f"The pass is not kept for another time ({error.strerror or error}): set AYS_EXPLORER_HOME to a folder "
            "that can be written to."
        )
        return None
    return path


def tidy(folder: Path) -> None:
    """Delete all but the latest passes."""
    with suppress(OSError):  # another process was first, or the folder cannot be written to
        passes = sorted(folder.glob("*.safetensors"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in passes[MAX_PASSES:]:
            path.unlink(missing_ok=True)
