"""What a comparator is: another paper's way to choose a schedule, with what it needs and what it costs."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch

from ays_toy import names
from ays_toy.data.denoisers import Denoiser
from ays_toy.pricing.ode import OdeWalk
from ays_toy.pricing.paths import PathGram


class Needs(StrEnum):
    """What a comparator looks at."""

    NOTHING = "nothing"
    ERRORS = "the denoiser's errors, from one pass"
    TRAJECTORIES = "trajectories of the ODE"
    GRADIENTS = "gradients through the sampler"


@dataclass(frozen=True, eq=False)
class Given:
    """What a schedule is to be found for, with as much of it as the comparator needs.

    `gram` and `walk` lie on grids from sigma_max down to sigma_min; x_T [N, ...] are noisy starts at sigma_max.
    """

    sigma_min: float
    sigma_max: float
    solver: str
    gram: PathGram | None = None
    walk: OdeWalk | None = None
    denoiser: Denoiser | None = None
    x_T: torch.Tensor | None = None


@dataclass(frozen=True)
class Rival:
    """A comparator: find(given, n) gives its levels [n+1] from sigma_max down to sigma_min.

    `source` is the paper and `rule` its equation, `cost` what it takes in denoiser calls.
    """

    name: str
    source: str
    rule: str
    needs: Needs
    cost: str
    find: Callable[[Given, int], np.ndarray]

    @property
    def title(self) -> str:
        """What people read, as in `names.py`."""
        return names.title(self.name)

    @property
    def about(self) -> str:
        """What it is, in a sentence."""
        return names.ABOUT[self.name]
