"""The pieces of the Evidence page: what the study that ships says, in words and figures, for what is chosen."""

from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from ays_toy.data.datasets import DATASETS
from ays_toy.estimates import Estimate
from ays_toy.figures import evidence as drawing
from ays_toy.metrics import METRICS
from ays_toy.runs import evidence
from ays_toy.sampling.solvers import SOLVERS
from ays_toy.ui import codec, controls, downloads, gallery
from ays_toy.ui.kept import kept
from ays_toy.words import listed

COMMAND = "python -m benchmarks.evidence"
LINES = ("choice", evidence.PLAIN, "ays", "klub-optimum", "ld3", "logsnr", "edm", "time-uniform")  # of metric by steps
RATIOS = ("energy", "sliced-w2", "mode-mass", "hist-kl")  # whose zero is the data, so that ratios mean something


def subjects() -> dict[str, str]:
    """Data sets with their denoisers that were studied, with titles."""
    some = evidence.rows()[["data", "kind"]].drop_duplicates()
    pairs = [(str(data), str(kind)) for data, kind in some.itertuples(index=False)]
    return {
        evidence.subject(data, kind): DATASETS[data].title + ("" if kind == "exact" else ", network")
        for data, kind in sorted(pairs, key=lambda pair: (pair[1], list(DATASETS).index(pair[0])))
    }


def solvers() -> dict[str, str]:
    """The solvers that were studied, with titles."""
    return {name: one.title for name, one in SOLVERS.items() if name in set(evidence.rows().solver)}


@dataclass(frozen=True)
class EvidenceView:
    """What of the study is shown: judged by which metric, and a case in detail."""

    judged: str = codec.param("energy", codec.choice(dict.fromkeys(RATIOS), "metric"))
    studied: str = codec.param("grid-8x8", lambda text: codec.choice(subjects(), "case of the study")(text))
    under: str = codec.param("sde-dpmpp-2m", lambda text: codec.choice(solvers(), "solver of the study")(text))


def judge() -> None:
    """The metric that all figures are by."""
    controls.pick("Judge by", "judged", {name: METRICS[name].title for name in RATIOS})


def case() -> None:
    """The data set with its denoiser, and the solver, that are shown in detail."""
    controls.pick("Data in detail", "studied", subjects())
    controls.pick("Solver in detail", "under", solvers())


class Study(NamedTuple):
    """What the study says by one metric, as `runs.evidence` has it: by schedule, and by case and schedule."""

    overall: dict[str, Estimate]  # the best first
    beaten: dict[str, float]
    ratios: pd.DataFrame
    tied: pd.DataFrame


@kept(8)
def _study(metric: str) -> Study:
    rows = evidence.rows()
    overall, beaten = evidence.overall(rows, metric), evidence.beaten(rows, metric)
    return Study(overall, beaten, evidence.ratios(rows, metric), evidence.best_or_tied(rows, metric))


@kept(1)
def _bounds() -> pd.DataFrame:
    return evidence.bounds(evidence.rows())


def cases() -> int:
    """How many cases were studied."""
    return len(evidence.rows().groupby(evidence.CASE))


def titles(metric: str) -> dict[str, str]:
    """All schedules, the best first, with titles."""
    return {name: evidence.title(name) for name in _study(metric).overall}


def finding(view: EvidenceView) -> str:
    """Who wins, by how much, and where the choice loses."""
    study = _study(view.judged)
    (first, least), (second, next_), *_ = study.overall.items()
    tied = study.tied
    words = (
        f"**{evidence.title(first)}** is best: {least} times the best of a case in the geometric mean, before "
        f"**{evidence.title(second)}** with {next_}. It is the best, or not told from it, in "
        f"{tied[first].mean():.0%} of the {len(tied)} cases."
    )
    losses = {name: study.beaten[name] for name in study.overall if name != "choice"}
    worst = [f"{evidence.title(name)} in {share:.0%}" for name, share in losses.items() if share > 0]
    lost = listed(worst[:4]) if worst else "none of them in any"
    return f"{words} More than two standard errors better than the Automatic choice: {lost} of the cases."


def winners(view: EvidenceView) -> None:
    """The map of all schedules by solver and number of steps."""
    study, named = _study(view.judged), titles(view.judged)
    ratios, tied = (table.rename(index=solvers(), level="solver") for table in (study.ratios, study.tied))
    drawn = drawing.winners(ratios, tied, named)
    first, *rest = study.overall.items()
    alt = f"Times the best by schedule: {named[first[0]]} {first[1]}; last {named[rest[-1][0]]} {rest[-1][1]}."
    gallery.figure(drawn, "winners", "Who wins where", alt)
    downloads.table("Table of the study", _csv)


def by_steps(view: EvidenceView) -> None:
    """The metric by number of steps, of one case."""
    values, errors = _of_case(view)
    shown = {name: evidence.title(name) for name in LINES if name in values}
    drawn = drawing.by_steps(values, errors, shown, METRICS[view.judged].title)
    best = values.iloc[-1].idxmin()
    alt = f"{METRICS[view.judged].title} by steps; least at {values.index[-1]} steps: {evidence.title(str(best))}."
    gallery.figure(drawn, "by_steps", "Metric against steps", alt)


def cost(view: EvidenceView) -> None:
    """Quality against what finding a schedule costs."""
    named, ratios = titles(view.judged), {name: one.value for name, one in _study(view.judged).overall.items()}
    drawn = drawing.cost(evidence.calls(evidence.rows()), ratios, named)
    alt = (
        f"Ratio to the best against denoiser calls; {named[min(ratios, key=lambda name: ratios[name])]} is the lowest."
    )
    gallery.figure(drawn, "cost", "Quality against cost", alt)


def bound(view: EvidenceView) -> None:
    """The bound against what it bounds."""
    points = _bounds()
    shown = {name: evidence.title(name) for name in LINES if name in titles(view.judged)}
    drawn = drawing.bound(points[points.schedule.isin(list(shown))], shown)
    over = int((points.truth > points.klub).sum())
    gallery.figure(
        drawn, "bound", "Bound and truth", f"{len(points)} points, {over} of them above the line of equality."
    )


def bound_words() -> str:
    """Whether the bound holds, and how little it says."""
    points = _bounds()
    over, size = int((points.truth > points.klub).sum()), len(points)
    ranked = points.groupby(evidence.CASE)[["klub", "truth"]].corr("spearman")
    order = float(ranked.xs("klub", level=-1).truth.mean())
    return (
        f"**Look for** points under the dotted line: KLUB is a bound, and {over or 'none'} of {size:,} lie above it. "
        f"Within a case it orders schedules with a rank correlation of {order:.2f} with what their samples lose."
    )


def in_numbers(view: EvidenceView) -> list[str]:
    """The map and the curve in numbers."""
    values, errors = _of_case(view)
    lines = [
        f"**{evidence.title(name)}**: {ratio} times the best." for name, ratio in _study(view.judged).overall.items()
    ]
    for name in (name for name in LINES if name in values):
        pairs = zip(values.index, values[name], errors[name], strict=True)
        told = ", ".join(f"{Estimate(value, error)} in {steps} steps" for steps, value, error in pairs)
        lines.append(f"**{evidence.title(name)}**, {subjects()[view.studied]}, {solvers()[view.under]}: {told}.")
    return lines


def _of_case(view: EvidenceView) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Means and errors of the chosen case, by number of steps and schedule."""
    rows = evidence.rows()
    named = rows.data.where(rows.kind == "exact", rows.data + "-" + rows.kind)
    some = rows[(named == view.studied) & (rows.solver == view.under)]
    values, errors = evidence.means(some, view.judged)
    return values.droplevel(["data", "kind", "solver"]), errors.droplevel(["data", "kind", "solver"])


def _csv() -> bytes:
    return evidence.rows().drop(columns="levels").to_csv(index=False).encode()
