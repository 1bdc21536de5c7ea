"""How far samples are from the data, every figure with its error bar.

The truth is the data with noise sigma_min added, since that is where the samplers end. Build a `Reference` once, and
`evaluate` the samples of every schedule against it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import torch

from ays_toy.checks import lookup
from ays_toy.data.datasets import Dataset
from ays_toy.estimates import Estimate
from ays_toy.metrics.distances import energy, sliced_w2, w2
from ays_toy.metrics.masses import coverage, hist_kl, hist_kl_reverse, mode_mass, nll, outliers
from ays_toy.metrics.reference import Batch, Reference
from ays_toy.threads import one_thread

__all__ = ["DEFAULT", "METRICS", "Batch", "Estimate", "Figure", "Metric", "Reference", "evaluate", "fitting"]


@dataclass(frozen=True)
class Figure:
    """What schedules are told apart by: its title, its unit, a sentence about it, and which way is better."""

    name: str
    title: str
    unit: str
    about: str
    higher_is_better: bool = False

    def loss(self, estimate: Estimate) -> float:
        """The figure turned so that less is better, whichever way the metric runs."""
        return -estimate.value if self.higher_is_better else estimate.value

    def turned(self, estimate: Estimate) -> Estimate:
        """The figure's loss, less being better, with its error bar; and the figure from its loss."""
        return Estimate(self.loss(estimate), estimate.stderr)

    def leaders(self, estimates: Mapping[str, Estimate]) -> list[str]:
        """The names of the best figure, and of all that do not differ from it, the best first."""
        ordered = sorted(estimates, key=lambda name: self.loss(estimates[name]))
        return [name for name in ordered if name == ordered[0] or not estimates[name].differs(estimates[ordered[0]])]


@dataclass(frozen=True)
class Metric(Figure):
    """A figure of samples beside a reference, and whether it needs modes that can be counted."""

    compute: Callable[[Batch], Estimate] = field(kw_only=True)
    needs_modes: bool = field(default=False, kw_only=True)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "nll",
            "NLL",
            "nats",
            "Mean −log density of the samples under the true distribution: it does not see a missing mode, so below "
            "the data's own value is not better but too concentrated.",
            compute=nll,
        ),
        Metric(
            "sliced-w2",
            "Sliced W2",
            "data units",
            "Wasserstein-2 distance averaged over 64 directions, up to 8,192 samples against as many points of the "
            "data: fresh data do not reach zero, so compare with their row.",
            compute=sliced_w2,
        ),
        Metric(
            "w2",
            "W2",
            "data units",
            "Exact Wasserstein-2 distance of the first 1,024 samples to as many points of the data: so few points "
            "leave a large floor, so compare with the row of fresh data.",
            compute=w2,
        ),
        Metric(
            "energy",
            "Energy distance",
            "data units",
            "2E|X−Y| − E|X−X′| − E|Y−Y′|, no root taken: unbiased, so zero on average for fresh data and at times "
            "slightly negative.",
            compute=energy,
        ),
        Metric(
            "hist-kl",
            "KL true‖samples",
            "nats",
            "Kullback–Leibler divergence over 50×50 bins, large where data are missed: half a sample is added to every "
            "bin, and counting noise leaves a floor, so compare with the row of fresh data.",
            compute=hist_kl,
        ),
        Metric(
            "hist-kl-reverse",
            "KL samples‖true",
            "nats",
            "Kullback–Leibler divergence over 50×50 bins, large where samples lie off the data: half a sample is added "
            "to every bin, and counting noise leaves a floor, so compare with the row of fresh data.",
            compute=hist_kl_reverse,
        ),
        Metric(
            "outliers",
            "Outliers",
            "fraction",
            "Samples farther than 4 standard deviations from every component: 0.03 % of the data themselves where the "
            "components lie apart.",
            compute=outliers,
        ),
        Metric(
            "coverage",
            "Modes found",
            "fraction",
            "Modes that received at least a fifth of their true mass.",
            compute=coverage,
            needs_modes=True,
            higher_is_better=True,
        ),
        Metric(
            "mode-mass",
            "Mode mass error",
            "fraction",
            "Share of the samples that would have to change mode, or leave the outliers, for every mode to have its "
            "true mass: counting noise leaves a floor, so compare with the row of fresh data.",
            compute=mode_mass,
            needs_modes=True,
        ),
    )
}
DEFAULT = ("nll", "sliced-w2", "energy", "hist-kl", "outliers", "coverage", "mode-mass")


def fitting(name: str, dataset: Dataset) -> Metric:
    """The metric of that name; ValueError for an unknown one, and one that counts modes where the data have none.

    Examples:
        >>> metrics.fitting("energy", datasets.get("moons")).title
        'Energy distance'
    """
    metric = lookup(METRICS, name, "metric")
    if metric.needs_modes and not dataset.has_modes:
        raise ValueError(f"{metric.title} needs data with separate modes: choose another metric, such as energy.")
    return metric


@one_thread()
def evaluate(samples: torch.Tensor, reference: Reference, names: Iterable[str] | None = None) -> dict[str, Estimate]:
    """Measure samples [N, 2], N >= 100, by the named metrics (None: `DEFAULT`) -> estimates by name, in that order.

    Metrics that need modes are left out where the data have none. ValueError for samples of another shape, too few or
    not finite, and for an unknown name.

    Examples:
        >>> data, generator = datasets.get("ring-8"), torch.Generator().manual_seed(0)
        >>> reference = metrics.Reference.of(data, 0.002, n=2000, generator=generator)
        >>> found = metrics.evaluate(data.noisy(2000, 0.002, generator), reference, ["energy", "coverage"])
        >>> abs(found["energy"].value) < 4 * found["energy"].stderr, found["coverage"].value
        (True, 1.0)
    """
    chosen = [lookup(METRICS, name, "metric") for name in (DEFAULT if names is None else names)]
    batch = Batch.of(samples, reference)
    return {
        metric.name: metric.compute(batch) for metric in chosen if reference.dataset.has_modes or not metric.needs_modes
    }
