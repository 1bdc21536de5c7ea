"""Densities as pictures: bin masses of samples and of the data, and the shades that they are drawn in."""

import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from ays_toy.data.mixtures import Mixture
from ays_toy.runs.comparison import Model


def density_image(samples: torch.Tensor, half_width: float, bins: int) -> np.ndarray:
    """Share of the samples [N, 2] in each bin of a square grid over +-half_width -> [bins (y), bins (x)]."""
    edges = np.linspace(-half_width, half_width, bins + 1)
    x, y = samples.cpu().double().numpy().T
    return np.histogram2d(y, x, bins=(edges, edges))[0] / len(samples)


def true_image(model: Model, half_width: float, bins: int) -> np.ndarray:
    """The exact mass of the model's data, at noise sigma_min, in each bin of the same grid."""
    return mixture_image(model.dataset.mixture, model.sigma_min, half_width, bins)


def mixture_image(mixture: Mixture, sigma: float, half_width: float, bins: int) -> np.ndarray:
    """The exact mass of a mixture with noise sigma in each bin of the same grid."""
    edges = np.linspace(-half_width, half_width, bins + 1)
    return mixture.bin_mass(edges, edges, sigma).T


def brightest(image: np.ndarray) -> float:
    """The bin mass to be drawn in full: half of all mass lies in bins above it, so that a few needles dim nothing."""
    masses = np.sort(image, axis=None)[::-1]
    return float(masses[np.searchsorted(np.cumsum(masses), 0.5 * masses.sum())])


def shades(image: np.ndarray, top: float) -> np.ndarray:
    """Bin masses as one byte each: slightly blurred, by their square root, so that faint modes can be seen."""
    return np.minimum(255 * np.sqrt(gaussian_filter(image, 0.7) / top), 255).astype(np.uint8)
