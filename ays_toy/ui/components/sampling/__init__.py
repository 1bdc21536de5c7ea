"""Sampling in the browser: the mathematics of denoisers, solvers and noise in JavaScript, and the models it is sent.

A component's JavaScript is one text, so the modules beside this file have no imports: `MODULES` is their order, and
`script` is what a component puts before its own. The worker is a text within it, since there is no file to load.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ays_toy import seeds
from ays_toy.checks import SIGMA_DATA
from ays_toy.data import datasets, drawing
from ays_toy.figures.density import shade_colors
from ays_toy.models.networks import MLPDenoiser
from ays_toy.runs.comparison import Model
from ays_toy.ui.components.assets import read
from ays_toy.ui.components.exchange import SentOnce, as_text

MODULES = (
    "base64", "noise", "exponential", "smooth", "mixture", "simd", "network", "solvers", "density", "ink", "paths"
)  # fmt: skip
# Beyond these the server is faster: of a mixture; of a network, for one point.
MOST_COMPONENTS, MOST_PRODUCTS = 4096, 300_000


def core() -> str:
    """The mathematics, without a worker or a page."""
    return read(*(f"{name}.js" for name in MODULES))


def script() -> str:
    """What a page asks the worker by, with the worker's whole text in it; `plot.js` comes before it."""
    worker = json.dumps(core() + read("worker.js"))
    return f"const SAMPLING_WORKER = {worker};\n" + read("base64.js", "density.js", "client.js", "live.js")


class SampledModel(SentOnce):
    """A model as the worker is told of it."""

    @classmethod
    def of(cls, model: Model) -> "SampledModel | None":
        """The exact denoiser's mixture or the network's weights; None for one that is too large for a browser."""
        denoiser, half = model.denoiser(), model.dataset.half_width
        if isinstance(denoiser, MLPDenoiser):
            return cls({"network": _network(denoiser), "half": half}) if _products(denoiser) <= MOST_PRODUCTS else None
        mixture = model.dataset.mixture
        if model.kind != "exact" or len(mixture.stds) > MOST_COMPONENTS:
            return None
        parts = {"means": mixture.means, "stds": mixture.stds, "weights": mixture.weights}
        return cls({"mixture": {name: as_text(part.astype("<f8")) for name, part in parts.items()}, "half": half})


class DrawnModel(SentOnce):
    """The exact denoiser of a drawing that the browser has: how its points come from its strokes."""

    @classmethod
    def of(cls, count: int) -> "DrawnModel | None":
        """For drawings of so many points; None for more than a browser can sample from while one draws."""
        if count > MOST_COMPONENTS:
            return None
        symmetries = {name: matrices.reshape(-1, 4).tolist() for name, matrices in drawing.SYMMETRIES.items()}
        rules = {
            "lattice": drawing.LATTICE,
            "pixel": drawing.FINER,
            "places": drawing.PLACES,
            "shift": drawing.SHIFT,
            "strengths": drawing.STRENGTHS,
            "symmetries": symmetries,
            "seed": seeds.DRAWING,
            "count": count,
            "std": SIGMA_DATA,
            "edge": datasets.EDGE,
        }
        return cls({"drawing": rules, "half": 1.0})


@dataclass(frozen=True, eq=False)
class Live:
    """The picture that is drawn while levels move, over a panel of the figure in the container of the key `within`.

    Its samples are `points` of the model at last, fewer while it moves; bins that hold a share `top` are drawn in full.
    The panel is its number from 1. The figure must say as its layout's `meta` what it shows, in the component's terms.
    """

    model: SampledModel | DrawnModel
    solver: str
    seed: int
    points: int
    bins: int
    top: float
    title: str
    within: str
    panel: int

    def payload(self, known: Any) -> dict[str, Any]:
        """As JSON; `known` is the id of the model that the browser's worker holds."""
        return {
            "model": self.model.payload(known),
            "solver": self.solver,
            "seed": self.seed % 2**32,
            "points": self.points,
            "half": self.model.values["half"],
            "bins": self.bins,
            "top": self.top,
            "colors": as_text(shade_colors()),
            "title": self.title,
            "within": self.within,
            "panel": self.panel,
        }


def _products(network: MLPDenoiser) -> int:
    return sum(layer.weight.numel() for layer in (*network.layers, network.last))


def _network(network: MLPDenoiser) -> dict[str, Any]:
    def layer(one: Any) -> dict[str, str]:
        return {name: _floats(part) for name, part in (("weight", one.weight), ("bias", one.bias))}

    lists = {"layers": network.layers, "modulations": network.modulations}
    return {name: [layer(one) for one in found] for name, found in lists.items()} | {"last": layer(network.last)}


def _floats(part: torch.Tensor) -> str:
    return as_text(part.detach().cpu().numpy().astype(np.dtype("<f4")))
