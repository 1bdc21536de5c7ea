"""Links that are ready for a class: a page, what is set there, the controls that are hidden, a task. Data, no screen.

What matters is named in full, so that a link shows the same when defaults have changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ays_toy import bundled

RANGE = ("sigma_max", "sigma_min")
MODEL = ("data", "model", "solver")


@dataclass(frozen=True)
class Prepared:
    """A link by its title and page; its task is one that can be answered from what the page then shows."""

    title: str
    page: str
    task: str
    state: Mapping[str, str]
    hide: tuple[str, ...]

    @property
    def query(self) -> dict[str, str]:
        """What the link says after the page's name."""
        return {**self.state, "hide": ",".join(self.hide)}


PREPARED = (
    Prepared(
        "Why few steps fail",
        "explore",
        "The data have 16 modes. Which schedule finds the fewest of them in six steps? Then move Steps to the right: "
        "from how many steps on can you no longer tell the pictures apart?",
        {"data": "grid-4x4", "solver": "stochastic-ddim", "steps": "6", "shown": "edm,klub-optimum,gaussian"},
        (*MODEL, "shown", "yours", *RANGE, "columns", "seed", "noises"),
    ),
    Prepared(
        "A contest: beat AYS",
        "beat_ays",
        "Drag the three levels between the ends until KLUB is as small as you can make it. Then guess who wins, and "
        "reveal. Is the least KLUB the best picture too?",
        {"data": "grid-8x8", "solver": "stochastic-ddim", "steps": "4"},
        (*MODEL, "steps", "levels", "weight", "metric", *RANGE, "seed"),
    ),
    Prepared(
        "Solvers differ",
        "explore",
        "Take three solvers in turn. For each, write down which schedule has the least energy distance, and which "
        "others are within two standard errors of it.",
        {"data": "grid-8x8", "solver": "dpmpp-2m", "steps": "8", "shown": "edm,logsnr,ays,choice"},
        ("data", "model", "shown", "yours", *RANGE, "columns", "seed", "noises"),
    ),
    Prepared(
        "The search overshoots",
        "optimize",
        "Drag the bar from the first sweep to the last. What does KLUB do on the way, and what the energy distance? "
        "Where would you have stopped, and where did the rule?",
        {"data": "grid-8x8", "solver": "stochastic-ddim", "steps": "10", "start": "edm", "metric": "energy"},
        (*MODEL, "steps", "start", "metric", "samples", *RANGE, "columns", "seed", "matrix", "power", "gamma", "share"),
    ),
    Prepared(
        "Trajectories side by side",
        "trajectories",
        "Play, then click a particle. In which step does it leave the dashed way of many small steps, under which "
        "schedule? Does the figure on the left say the same of all particles?",
        {"data": "ring-8", "solver": "ddim", "steps": "5", "shown": "edm,logsnr,choice"},
        (*MODEL, "shown", *RANGE, "seed"),
    ),
    Prepared(
        "Does it hold on images?",
        "images",
        "Compare the rows: which keep their strokes whole? Then find the row with the least KLUB in the table. Is it "
        "the one that looks best, and the one with the least Fréchet distance?",
        {"image_model": bundled.SMALLEST, "solver": "stochastic-ddim", "steps": "6"},
        (
            *("image_model", "solver", "image_yours", "figure", "method", "image_iterations", "base", "seed"),
            *("power", "share"),
        ),
    ),
)
