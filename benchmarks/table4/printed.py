"""What the paper prints of its grids in Table 4, and the kinds of set-up that it leaves open."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product

import numpy as np

from ays_toy.sampling.schedules import edm, logsnr
from benchmarks.table4.setups import ENDINGS

STEPS = (6, 8, 10)
FITTED = {"edm": edm, "logsnr": logsnr}  # the rows that set-ups are fitted to
THEIRS = 100_000  # samples that the paper draws (App. C.2)
SLACK = 0.1, 0.05  # of a number that is fitted: nats, and a part of what it is above the lowest
AXES = {
    "same": "spacing and std the same on both axes",
    "square": "as wide as high: spacing 7/3 as large on the axis of 4",
    "standardized": "every axis scaled to one std: spacing and std 2.05 times as large on the axis of 4",
    "spacing": "another spacing on the axis of 4, fitted too",
    "both": "another spacing and another std on the axis of 4, fitted too",
}


@dataclass(frozen=True)
class Printed:
    """What the paper prints of a grid: its modes, its solver, and the NLL with 6, 8 and 10 steps."""

    modes: tuple[int, int]
    solver: str
    edm: tuple[float, float, float]
    logsnr: tuple[float, float, float]
    ays: tuple[float, float, float]

    @property
    def fitted(self) -> np.ndarray:
        """The numbers that set-ups are fitted to [6]."""
        return np.array([*self.edm, *self.logsnr])

    @property
    def slack(self) -> np.ndarray:
        """What each of them may be off by, for 1 in the misfit [6]."""
        return SLACK[0] + SLACK[1] * (self.fitted - min(self.fitted))


TABLE = {
    "8×8": Printed((8, 8), "sde-dpmpp-2m", (9.018, 4.029, 1.522), (6.250, 1.834, 0.071), (-0.143, -0.505, -0.574)),
    "8×4": Printed((8, 4), "ddim", (1.536, -0.144, -1.115), (1.446, -0.288, -1.091), (-1.999, -2.260, -2.222)),
    "6×6": Printed(
        (6, 6), "stochastic-ddim", (1.166, -0.606, -0.996), (-0.012, -0.978, -1.231), (-1.152, -1.376, -1.554)
    ),
}


@dataclass(frozen=True)
class Kind:
    """A kind of set-up, of which a scan finds the best."""

    grid: str
    ending: str
    free_range: bool = False
    first_order_end: bool = False
    axes: str = "same"
    heun_type: bool = False

    def __str__(self) -> str:
        return " ".join(str(value) for value in asdict(self).values())

    @property
    def free(self) -> int:
        """How many numbers are fitted: spacing, std, both ends of the range, those of the other axis."""
        return 2 + 2 * self.free_range + {"spacing": 1, "both": 2}.get(self.axes, 0)


def kinds() -> Iterator[Kind]:
    """Every kind of set-up that is tried."""
    for grid, free_range, ending in product(TABLE, (False, True), ENDINGS):
        multistep, oblong = grid == "8×8", grid == "8×4"
        either = (False, True) if multistep else (False,)
        for first_order_end, heun_type, axes in product(either, either, AXES if oblong else ["same"]):
            yield Kind(grid, ending, free_range, first_order_end, axes, heun_type)
