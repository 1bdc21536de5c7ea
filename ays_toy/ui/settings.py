"""What a page's controls say, in words by label: for paper, which has no controls, and for a sheet to hand out."""

from collections.abc import Iterator, Mapping
from typing import Any

from ays_toy import names
from ays_toy.bundled import BUNDLED
from ays_toy.metrics import METRICS
from ays_toy.models import catalog
from ays_toy.runs import live_training
from ays_toy.sampling.solvers import SOLVERS
from ays_toy.ui import keeper
from ays_toy.words import listed

Values = Mapping[str, Any]  # of a page's fields, by name: all of them, or some


def told(values: Values) -> dict[str, str]:
    """Those settings that decide what is seen; of a field that has no value, nothing."""
    return dict([*_model(values), *_sampling(values), *_training(values), *_compared(values), *_found(values)])


def line(values: Values) -> str:
    """The same in one line; nothing for a page that has none."""
    return "; ".join(f"{label}: {words}" for label, words in told(values).items())


def _model(values: Values) -> Iterator[tuple[str, str]]:
    if "way" in values:  # Your data shows what is on its pad, by the exact denoiser, whatever was chosen
        return
    if "image_model" in values:
        yield "Model", values["image_model"]
    if "data" in values:
        yield "Data", catalog.dataset(values["data"]).title
    if {"data", "model", "solver"} <= values.keys():
        known = catalog.models(values["data"], values["model"], keeper=keeper.this_keeper())
        yield "Model", known[values["model"]] if values["model"] in known else values["model"]


def _sampling(values: Values) -> Iterator[tuple[str, str]]:
    if "solver" in values:
        yield "Solver", SOLVERS[values["solver"]].title
    if "steps" in values:
        yield "Steps", f"{values['steps']}"
    if {"sigma_max", "sigma_min"} <= values.keys():
        yield "Noise level σ", f"from {values['sigma_max']:g} to {values['sigma_min']:g}"
    if "seed" in values:
        yield "Noise number", f"{values['seed']}"


def _training(values: Values) -> Iterator[tuple[str, str]]:
    if {"origin", "depth", "width", "length", "batch", "rate", "training_seed"} <= values.keys():
        yield "Start of training", live_training.ORIGINS[values["origin"]].lower()
        yield "Network", f"{values['depth']} layers of {values['width']}"
        yield "Training", f"{values['length']:,} steps of {values['batch']:,} points at the rate {values['rate']:g}"
        yield "Seed", f"{values['training_seed']}"


def _compared(values: Values) -> Iterator[tuple[str, str]]:
    if shown := values.get("shown"):
        power = values.get("power")
        named = (names.optimum(power) if power and name == "p-optimum" else name for name in shown)
        yield "Schedules", listed([names.title(name, power) for name in dict.fromkeys(named)])


def _found(values: Values) -> Iterator[tuple[str, str]]:
    if "image_model" in values:
        model = values["image_model"].strip()
        if model not in BUNDLED and (prompts := values.get("prompts")):
            yield "Prompts", " / ".join(prompts.splitlines())
        if model not in BUNDLED and (labels := values.get("labels")):
            yield "Classes", labels
        if (model not in BUNDLED or BUNDLED[model].labels) and (guidance := values.get("guidance")):
            yield "Guidance", f"{guidance:g}"
        if lora := values.get("lora"):
            yield "LoRA", f"{lora}, times {values['lora_scale']:g}"
    if (strength := values.get("strength", 1.0)) < 1:
        yield "Image to image, strength", f"{strength:g}"
    if "method" in values:
        yield "Schedule found by", names.title(values["method"])
    if {"start", "samples"} <= values.keys():
        yield "Search", f"from {names.title(values['start'])}, {values['samples']:,} samples behind each price"
    if "metric" in values:
        yield "Judged by", METRICS[values["metric"]].title
    for name in ("iterations", "image_iterations"):
        if name in values:
            yield "Refinement of the choice", f"{values[name]} iterations"
    if "weight" in values:
        yield "Priced at", f"p = {values['weight']:g}"
