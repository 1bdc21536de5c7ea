"""What the search yields."""

from dataclasses import dataclass

import numpy as np

from ays_toy.estimates import KlubEstimate
from ays_toy.metrics import Estimate


@dataclass(frozen=True, eq=False)
class Sweep:
    """The schedule after a sweep (index 0: before the first), its KLUB, and what it took to get there."""

    index: int
    sigmas: np.ndarray
    klub: KlubEstimate
    moved: int  # levels that this sweep moved; 0 where the search has come to rest
    calls: int  # points given to the denoiser since the search began, this KLUB's included
    score: Estimate | None = None  # the output metric of this sweep, where one was measured
    stage: int = 0  # 0: the search with early stopping; 1, 2: subdivisions
