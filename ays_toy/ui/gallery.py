"""The data beside samples of several schedules: what a row of density pictures shows, and says to a screen reader."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from ays_toy import figures, pictures
from ays_toy.comparison import Model
from ays_toy.metrics import METRICS
from ays_toy.palette import REFERENCE
from ays_toy.ui import compute
from ays_toy.ui.compute import Outcome
from ays_toy.words import significant

STILL: dict[str, Any] = {"displayModeBar": False, "scrollZoom": False}
FIGURES = ("nll", "sliced-w2")
LONG_NAME = 10  # letters, from which a metric's name and its value take a line each: five pictures in a row are narrow


@dataclass(frozen=True, eq=False)
class Samples:
    """The samples of one schedule, None where there are none yet; `notes` stand in for their figures then."""

    title: str
    color: str
    outcome: "Future[Outcome] | None"
    notes: tuple[str, ...] = ()
    figures: tuple[str, ...] = FIGURES  # the metrics under the title

    @property
    def words(self) -> list[str]:
        """The lines under the title."""
        if self.outcome is None:
            return list(self.notes)
        lines = []
        for name in self.figures:
            title, estimate = METRICS[name].title, self.outcome.result().metrics[name]
            value = significant(estimate.value, estimate.stderr)
            lines += [title, value] if len(title) > LONG_NAME else [f"{title} {value}"]
        return lines


def row(model: Model, shown: Sequence[Samples]) -> go.Figure:
    """The true density and one panel for each of the samples."""
    truth = compute.truth(model)
    top = pictures.brightest(truth)
    notes = [f"NLL {compute.entropy(model):.3f}, their entropy", "exact density"]
    panels = [figures.Panel("The data", REFERENCE, notes, pictures.shades(truth, top))]
    for samples in shown:
        image = truth * 0 if samples.outcome is None else samples.outcome.result().image
        panels.append(figures.Panel(samples.title, samples.color, samples.words, pictures.shades(image, top)))
    return figures.density_panels(panels, model.dataset.half_width)


def alt(model: Model, shown: Sequence[Samples]) -> str:
    """The panels in words."""
    parts = [f"{samples.title}: {', '.join(samples.words)}" for samples in shown]
    return f"Densities on {model.dataset.title}, the data beside samples of " + "; ".join(parts) + "."
