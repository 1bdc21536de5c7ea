"""Whether a denoiser is a posterior mean: do its outputs at two noise levels of one path fit together?

For a posterior mean the outputs along a path are a martingale, E||D_k - D_j||^2 = mse_j - mse_k for a noisier level j
(what makes KLUB an area under the MMSE curve). What is left of the difference is a calibration check:

    E||D_k - D_j||^2 - (mse_j - mse_k) = 2 E<D_k - x0, D_k - D_j>
"""

from dataclasses import dataclass

import numpy as np

from ays_toy.checks import real_number
from ays_toy.pricing.paths import PathGram


@dataclass(frozen=True, eq=False)
class Calibration:
    """The gap of every level k [K] as a share of mse_j, zero for a posterior mean, with its standard error."""

    sigma: np.ndarray  # of level k, descending
    gap: np.ndarray
    stderr: np.ndarray


def calibration(gram: PathGram, ratio: float = 2.0) -> Calibration:
    """Compare every grid level with the one whose sigma is nearest to `ratio` times as high.

    Standard errors are those of a ratio of means, from the spread between the matrix' blocks; NaN for a single block.
    Raises ValueError for a ratio of at most 1, and where the grid does not span it.
    """
    ratio = real_number(ratio, "The ratio of noise levels", 1.0001, 1e6)
    log = np.log(gram.grid)
    lower = np.flatnonzero(log <= log[0] - np.log(ratio))
    if not lower.size:
        raise ValueError(f"The grid's highest and lowest level must be a factor of {ratio:g} apart, at least.")
    nearest = np.abs(log[None] - log[lower, None] - np.log(ratio)).argmin(axis=1)
    upper = np.minimum(nearest, lower - 1)  # above, whatever the ratio
    moments, share = gram.moments, gram.counts / gram.counts.sum()
    gaps = 2 * (moments[:, lower, lower] - moments[:, lower, upper])  # <D_k - x0, (D_k - x0) - (D_j - x0)> by block
    errors, blocks = moments[:, upper, upper], len(share)
    gap = share @ gaps / (share @ errors)
    spread = np.square(share[:, None] * (gaps - gap * errors)).sum(axis=0)
    stderr = np.sqrt(spread * blocks / (blocks - 1)) / (share @ errors) if blocks > 1 else np.full(gap.size, np.nan)
    return Calibration(gram.grid[lower], gap, stderr)
