"""The flow player: the same noise under several schedules, carried to the data side by side in the browser."""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import streamlit as st

from ays_toy.checks import SIGMA_DATA
from ays_toy.data.datasets import Dataset
from ays_toy.palette import REFERENCE
from ays_toy.runs.pictures import brightest, shades
from ays_toy.sampling.trajectories import FINE_CALLS, PATIENT, Trajectories, Trajectory, scaled
from ays_toy.ui.components import sampling
from ays_toy.ui.components.assets import read
from ays_toy.ui.components.exchange import SentOnce, as_text, told
from ays_toy.ui.components.follow import WEIGHTED, Led, look
from ays_toy.ui.components.sampling import SampledModel

_player = st.components.v2.component(
    "ays_flow_player",
    css=read("shared.css", "flow.css"),
    js=read("transport.js", "plot.js", "sliders.js", "flow_panel.js")
    + sampling.script()
    + read("flow_live.js", "flow.js"),
)
SHARE = np.iinfo(np.int16).max
LEAST_HALF = 1.3  # of the frame: 2.6 stds of noise
REFERENCE_LEVELS = 64  # of the many-step path that are sent
BINS, LEVELS, CLEAR, BLUR = 96, 24, 0.01, 3.0  # of the densities: below and above these levels they hardly change


class FlowTable(SentOnce):
    """All that the browser draws from: places as int16 in units of `unit`, scaled as in `trajectories`."""

    @classmethod
    def of(cls, flow: Trajectories, dataset: Dataset, targets: bool = False, power: float | None = None) -> "FlowTable":
        """The table of these trajectories over the data's density; with the denoiser's targets where asked for.

        `power` is said in the title of a p-optimum.
        """
        kept = _kept(flow.reference.sigmas)
        reference = Trajectory(flow.reference.sigmas[kept], flow.reference.states[kept], flow.reference.denoised[:0])
        walks = [reference, *flow.paths.values()]
        farthest = max(float(np.abs(scaled(walk.states, walk.sigmas)).max()) for walk in walks)
        if targets:
            farthest = max(farthest, *(float(np.abs(walk.denoised).max()) for walk in flow.paths.values()))
        unit, half = farthest / SHARE, max(dataset.half_width, LEAST_HALF)

        def walk(one: Trajectory, aims: bool) -> dict[str, Any]:
            return {
                "sigmas": one.sigmas.tolist(),
                "states": _shorts(scaled(one.states, one.sigmas) / unit),
                "targets": _shorts(one.denoised / unit) if aims else None,
            }

        return cls(
            {
                "count": flow.particles,
                "unit": unit,
                "half": half,
                "std": SIGMA_DATA,
                "panels": [look(name, power) | walk(one, targets) for name, one in flow.paths.items()],
                "reference": walk(reference, False),
                "density": _density(dataset, half, float(reference.sigmas[0]), float(reference.sigmas[-1])),
            }
        )


class LiveFlow(SentOnce):
    """What the browser carries the same paths by, down the levels to which sliders lead."""

    @classmethod
    def of(
        cls, model: SampledModel, solver: str, seed: int, particles: int, ends: tuple[float, float], led: Led
    ) -> "LiveFlow":
        """Of the seed of a `LevelNoise`, between two noise levels."""
        flow = {
            "solver": solver,
            "seed": seed,
            "count": particles,
            "high": ends[0],
            "low": ends[1],
            "fine": FINE_CALLS // PATIENT[True].calls_per_step,
            "spread": SIGMA_DATA,
        }
        return cls(
            {
                "model": model.payload(None),
                "flow": flow,
                "panels": list(led.panels),
                "levels": led.tables(),
                "weighted": WEIGHTED,
            }
        )


def flow_player(
    table: FlowTable,
    key: str,
    align: str,
    follow: int,
    place: float | None,
    targets: bool,
    live: LiveFlow | None,
    standing: list[float | None],
    fixed: Collection[str],
    on_follow: Callable[[], None],
    on_place: Callable[[], None],
) -> None:
    """Draw the panels, aligned by 'step' or by 'noise' level; `follow` is the path, from 1, or 0 for none.

    `place` is the share of the way at which they rest; None plays them from the start, once. `live` has the paths
    follow the sliders, which stood where `standing` says; None where only Python carries them. Of 'follow' and
    'place', nobody moves what is `fixed`. `on_follow` is called when another path is chosen in the browser, `on_place`
    when they come to rest elsewhere; `last_follow` and `last_place` tell of it.
    """
    data = {
        "table": table.payload(told(key, "follow").get("table")),
        "align": align,
        "follow": follow,
        "place": place,
        "targets": targets,
        "reference": REFERENCE,
        "standing": standing,
        "fixed": list(fixed),
        "live": live and live.payload(told(key, "follow").get("live")),
    }
    default = {"follow": None, "place": None}
    _player(data=data, default=default, key=key, on_follow_change=on_follow, on_place_change=on_place)


def last_follow(key: str) -> int | None:
    """The path that the browser last chose, 0 for none; None before the first, or where it is no number."""
    path = told(key, "follow").get("path")
    return path if isinstance(path, int) and not isinstance(path, bool) and path >= 0 else None


def last_place(key: str) -> float | None:
    """The share of the way at which the browser last came to rest; None before that, or where it is none."""
    at = told(key, "place").get("at")
    return float(at) if isinstance(at, int | float) and not isinstance(at, bool) and 0 <= at <= 1 else None


def _kept(sigmas: np.ndarray) -> np.ndarray:
    """Indices of levels [G] about evenly apart in log sigma, both ends among them."""
    rising = np.log(sigmas[0] / sigmas)
    wanted = np.linspace(0.0, rising[-1], REFERENCE_LEVELS)
    return np.unique(np.abs(rising[:, None] - wanted).argmin(axis=0))


def _density(dataset: Dataset, half: float, high: float, low: float) -> dict[str, Any]:
    """The exact density of the noisy data, scaled, at levels over which it changes: shades [levels, BINS, BINS]."""
    top, bottom = min(high, BLUR), max(low, CLEAR)
    sigmas = np.geomspace(top, bottom, LEVELS) if top > bottom else np.array([high, low])
    edges, images = np.linspace(-half, half, BINS + 1), []
    for sigma in sigmas:
        around = edges * np.hypot(sigma, SIGMA_DATA) / SIGMA_DATA
        image = dataset.mixture.bin_mass(around, around, float(sigma)).T
        images.append(shades(image, brightest(image)))
    return {"bins": BINS, "sigmas": sigmas.tolist(), "shades": as_text(np.stack(images))}


def _shorts(values: np.ndarray) -> str:
    return as_text(np.clip(np.rint(values), -SHARE, SHARE).astype("<i2"))
