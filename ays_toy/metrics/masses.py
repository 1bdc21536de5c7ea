"""Metrics that need no reference points, since the truth is exact: likelihood, histogram KL, outliers, modes."""

import math
from collections.abc import Callable

import numpy as np

from ays_toy.estimates import Estimate
from ays_toy.metrics.reference import Batch

COVERED = 0.2  # of its true mass makes a mode count as found


def nll(batch: Batch) -> Estimate:
    """Mean of -log p(x) in nats, p the exact density at noise sigma_min (AYS, App. C.2)."""
    surprise = -batch.fit[0]
    return Estimate(float(surprise.mean()), float(surprise.std(ddof=1) / math.sqrt(len(surprise))))


def _smoothed(batch: Batch) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """True bin probabilities, and those of given counts, both with half a sample added to every bin.

    Half a sample is Krichevsky and Trofimov's choice. Adding it on both sides keeps either divergence finite, zero
    where the two agree, and, sampling noise aside, never above the divergence of the bins as they are.
    """
    n, mass = len(batch.points), batch.reference.bin_mass
    total = n + 0.5 * len(mass)
    return (n * mass + 0.5) / total, lambda counts: (counts + 0.5) / total


def _jackknifed(terms: Callable[[np.ndarray], np.ndarray], counts: np.ndarray) -> Estimate:
    """A sum over bins of terms of their counts, its error bar by leaving out one sample at a time.

    This is the delta method with a difference in place of the derivative, which falls short where counts are near one.
    """
    n, now = counts.sum(), terms(counts)
    change = now - terms(np.maximum(counts - 1, 0))
    variance = counts @ np.square(change - counts @ change / n) * (n - 1) / n
    return Estimate(float(now.sum()), float(np.sqrt(variance)))


def hist_kl(batch: Batch) -> Estimate:
    """KL(true || samples) in nats over 50x50 bins of exact true mass, and one for all that lies outside."""
    p, q = _smoothed(batch)
    return _jackknifed(lambda counts: p * np.log(p / q(counts)), batch.histogram)


def hist_kl_reverse(batch: Batch) -> Estimate:
    """KL(samples || true) in nats, over the bins of `hist_kl`."""
    p, q = _smoothed(batch)
    return _jackknifed(lambda counts: q(counts) * np.log(q(counts) / p), batch.histogram)


def outliers(batch: Batch) -> Estimate:
    """Fraction of samples farther than 4 stds, noise sigma_min included, from every component.

    The error bar is the posterior's std under Jeffreys' prior, which is not zero even where the count is.
    """
    far = batch.fit[2]
    n, count = len(far), int(far.sum())
    p = (count + 0.5) / (n + 1)
    return Estimate(count / n, math.sqrt(p * (1 - p) / (n + 2)))


def _bootstrapped(batch: Batch, statistic: Callable[[np.ndarray], np.ndarray]) -> Estimate:
    """A statistic of the modes' frequencies [..., K + 1], its error bar by drawing the counts anew."""
    frequencies = batch.mode_counts / batch.mode_counts.sum()
    return Estimate(float(statistic(frequencies)), float(statistic(batch.redrawn_modes).std(ddof=1)))


def coverage(batch: Batch) -> Estimate:
    """Fraction of modes that received at least a fifth of their true mass, outliers not counted."""
    least = COVERED * batch.reference.dataset.mixture.weights
    return _bootstrapped(batch, lambda frequencies: (frequencies[..., :-1] >= least).mean(axis=-1))


def mode_mass(batch: Batch) -> Estimate:
    """Total variation distance between the modes' frequencies and weights, outliers being a mode of weight zero."""
    weights = np.append(batch.reference.dataset.mixture.weights, 0.0)
    return _bootstrapped(batch, lambda frequencies: 0.5 * np.abs(frequencies - weights).sum(axis=-1))
