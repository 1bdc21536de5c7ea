"""What a table of schedules says, in sentences made from its figures: who is ahead by what, and what is not better."""

from collections.abc import Mapping

import numpy as np

from ays_toy.data.datasets import Dataset
from ays_toy.estimates import Estimate, Measured
from ays_toy.metrics import METRICS, Figure
from ays_toy.names import BASELINES, RIVALS
from ays_toy.pricing.calibration import Calibration
from ays_toy.words import amid_sentence, listed

JUDGE = "energy"  # the metric that the automatic choice is made by, and AYS stopped
NEARLY_ALL = 0.9  # modes: what misses more gets a sentence


def sentences(rows: Mapping[str, Measured], fresh: Mapping[str, Estimate], dataset: Dataset) -> list[str]:
    """What rows, by the names of their schedules, and the metrics of fresh data say; at most four sentences."""
    said = [_ahead(rows), _not_by_all(rows, fresh), _concentrated(rows, fresh), _blurred(rows, dataset)]
    return [sentence for sentence in said if sentence]


def against(title: str, ours: Estimate, other: str, theirs: Estimate) -> str:
    """Whether one schedule beats another by a figure that is better when lower, with both figures."""
    if not ours.differs(theirs):
        return f"{title} and {other} agree within two standard errors ({ours} against {theirs})"
    return f"{title} {'beats' if ours.value < theirs.value else 'loses to'} {other} ({ours} against {theirs})"


def best_baseline(figure: Figure, scores: Mapping[str, Estimate]) -> str | None:
    """The name of the baseline that is best by a figure; None where none is among them."""
    losses = {name: figure.loss(one) for name, one in scores.items() if name in BASELINES}
    return min(losses, key=losses.__getitem__, default=None)


def learned(title: str, excess: float, measured: Calibration | None) -> str:
    """How far a network is from the best possible denoiser, and at how many noise levels that can be seen."""
    words = f"**{title}** errs {excess:.2%} more than the best possible denoiser"
    if measured is None or not np.isfinite(measured.stderr).all():
        return f"{words}."
    fit = int((np.abs(measured.gap) <= 2 * measured.stderr).sum())
    where = f"{fit} of {measured.gap.size}" if fit < measured.gap.size else f"all {fit}"
    together = "its answers fit together as a posterior mean's do, within two standard errors"
    return f"{words}; at {where} noise levels {together}."


def _judged(rows: Mapping[str, Measured]) -> dict[str, Estimate]:
    return {name: row.metrics[JUDGE] for name, row in rows.items()}


def _ahead(rows: Mapping[str, Measured]) -> str:
    """Who has the least energy distance, and how the automatic choice stands to the baselines."""
    scores, metric = _judged(rows), METRICS[JUDGE]
    leaders = metric.leaders(scores)
    what = f"by {amid_sentence(metric.title)}"
    if "choice" not in rows:
        return f"**{rows[leaders[0]].title}** is best {what} of what is found so far ({scores[leaders[0]]})."
    ours = rows["choice"].title
    if "choice" not in leaders:
        first = leaders[0]
        why = "it is none of those that are chosen from" if first in RIVALS else "the choice was made on other noise"
        return (
            f"**{rows[first].title}** beats the {ours} on this noise {what}, {scores[first]} against "
            f"{scores['choice']}: {why}."
        )
    rival = best_baseline(metric, scores)
    words = f"**{ours}** is best {what}, the figure it is chosen by: {scores['choice']}"
    if rival is not None:
        words += f" against {scores[rival]} of the best baseline, {rows[rival].title}"
    level = [rows[name].title for name in leaders if name != "choice"]
    return words + (f"; {listed(level)} cannot be told apart from it." if level else ".")


def _not_by_all(rows: Mapping[str, Measured], fresh: Mapping[str, Estimate]) -> str:
    """By what else another schedule is ahead of the automatic choice, a baseline too, and why that can be."""
    if "choice" not in rows:
        return ""
    ahead: dict[str, list[str]] = {}
    baselines: list[str] = []
    for metric in ("klub", *METRICS):
        if metric == JUDGE or not (scores := _scores(rows, fresh, metric)):
            continue
        ours = scores["choice"]
        better = [name for name, one in scores.items() if ours.exceeds(one)]
        if better:
            best = min(better, key=lambda name: scores[name].value)
            title = "KLUB" if metric == "klub" else amid_sentence(METRICS[metric].title)
            ahead.setdefault(rows[best].title, []).append(title)
            baselines += [title] if BASELINES.keys() & set(better) else []
    if not ahead:
        return ""
    words = "; ".join(f"{title} by {listed(figures)}" for title, figures in ahead.items())
    if baselines:
        words += f"; baselines too beat it by {listed(baselines)}"
    why = f"{amid_sentence(METRICS[JUDGE].title)} weighs where the mass lies over fine detail"
    return f"Not by every figure; ahead are {words}: {why}."


def _scores(rows: Mapping[str, Measured], fresh: Mapping[str, Estimate], metric: str) -> dict[str, Estimate]:
    """What every row loses by a metric, less being better; by NLL, how far it lies from that of the data."""
    if metric == "klub":
        return {name: row.klub for name, row in rows.items() if row.klub}
    if metric not in fresh:
        return {}
    if metric == "nll":
        target = fresh[metric].value
        return {
            name: Estimate(abs(row.metrics[metric].value - target), row.metrics[metric].stderr)
            for name, row in rows.items()
        }
    return {name: METRICS[metric].turned(row.metrics[metric]) for name, row in rows.items()}


def _concentrated(rows: Mapping[str, Measured], fresh: Mapping[str, Estimate]) -> str:
    """Whose NLL is below that of the data, which is no merit."""
    data = fresh["nll"]
    below = [row.title for row in rows.values() if data.exceeds(row.metrics["nll"])]
    if not below:
        return ""
    are = "is" if len(below) == 1 else "are"
    return f"NLL below the data's own {data.value:.2f} is not better: {listed(below)} {are} too concentrated."


def _blurred(rows: Mapping[str, Measured], dataset: Dataset) -> str:
    """Why a schedule misses modes: one step takes the samples past the levels at which they decide for a mode."""
    counted = [name for name, row in rows.items() if "coverage" in row.metrics]
    if not counted:
        return ""
    worst = min(counted, key=lambda name: rows[name].metrics["coverage"].value)
    row, sigmas, modes = rows[worst], rows[worst].schedule.sigmas, len(dataset.mixture.weights)
    found = round(row.metrics["coverage"].value * modes)
    if found >= NEARLY_ALL * modes:
        return ""
    words, apart = f"{row.title} finds {found} of {modes} modes", spacing(dataset.mixture.means)
    below = int(np.argmax(sigmas <= apart / 2))
    if below > 0 and (before := sigmas[below - 1]) > apart:
        words += (
            f": one step takes it from σ = {before:.2g} to {sigmas[below]:.2g}, towards the average of all that "
            f"the denoiser still holds possible there, past the levels where samples choose between modes that lie "
            f"{apart:.2g} apart"
        )
    return words + "."


def spacing(means: np.ndarray) -> float:
    """The median distance of a component's mean to the nearest other."""
    distances = np.linalg.norm(means[:, None] - means[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    return float(np.median(distances.min(axis=1)))
