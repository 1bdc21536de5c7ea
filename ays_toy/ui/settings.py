"""What a page's controls say, in one line of words: for paper, where there are no controls."""

from collections.abc import Iterator
from typing import Any

from ays_toy import names
from ays_toy.metrics import METRICS
from ays_toy.models import catalog
from ays_toy.runs import live_training
from ays_toy.sampling.solvers import SOLVERS
from ays_toy.ui import keeper
from ays_toy.words import listed


def words(state: Any) -> str:
    """The settings of a page's state that decide what is seen; nothing for a page that has none."""
    parts = [*_model(state), *_sampling(state), *_training(state), *_compared(state)]
    return "; ".join(parts)


def _model(state: Any) -> Iterator[str]:
    if hasattr(state, "way"):  # Your data shows what is on its pad, by the exact denoiser, whatever was chosen
        return
    if hasattr(state, "image_model"):
        yield f"Model: {state.image_model}"
    if hasattr(state, "data"):
        yield f"Data: {catalog.dataset(state.data).title}"
    if hasattr(state, "solver") and hasattr(state, "model"):
        known = catalog.models(state.data, state.model, keeper=keeper.this_keeper())
        yield f"model: {known.get(state.model, state.model)}"


def _sampling(state: Any) -> Iterator[str]:
    if hasattr(state, "solver"):
        yield f"solver: {SOLVERS[state.solver].title}"
        yield f"{state.steps} steps"
    if hasattr(state, "sigma_max"):
        yield f"noise level σ from {state.sigma_max:g} to {state.sigma_min:g}"
    if hasattr(state, "seed"):
        yield f"noise number {state.seed}"


def _training(state: Any) -> Iterator[str]:
    if hasattr(state, "training_seed"):
        yield f"start of training: {live_training.ORIGINS[state.origin].lower()}"
        yield f"{state.depth} layers of {state.width}"
        yield f"{state.length:,} steps of {state.batch:,} points at the rate {state.rate:g}"
        yield f"seed {state.training_seed}"


def _compared(state: Any) -> Iterator[str]:
    if getattr(state, "shown", ()):
        yield f"schedules: {listed([names.title(name, state.power) for name in state.names])}"
    if hasattr(state, "image_model") and not state.bundled:
        if state.prompts:
            yield f"prompts: {' / '.join(state.prompts.splitlines())}"
        if state.guidance:
            yield f"guidance {state.guidance:g}"
    if hasattr(state, "method"):
        yield f"schedule found by: {names.title(state.method)}"
    if hasattr(state, "start"):
        yield f"search from {names.title(state.start)}, {state.samples:,} samples behind each price"
    if hasattr(state, "metric"):
        yield f"judged by {METRICS[state.metric].title}"
    if hasattr(state, "iterations"):
        yield f"choice refined by {state.iterations} iterations" if state.iterations else "choice not refined"
    if hasattr(state, "weight"):
        yield f"priced at p = {state.weight:g}"
