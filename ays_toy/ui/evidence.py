"""The pieces of the Evidence page: what the study that ships says, in words and figures, for what is chosen."""

from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ays_toy.bundled import BUNDLED
from ays_toy.data.datasets import DATASETS
from ays_toy.estimates import Estimate
from ays_toy.figures import evidence as drawing
from ays_toy.images import results
from ays_toy.images.scores import FIGURES
from ays_toy.metrics import METRICS, Figure
from ays_toy.runs import evidence
from ays_toy.sampling.solvers import SOLVERS
from ays_toy.ui import codec, controls, downloads, gallery, record
from ays_toy.ui.kept import kept
from ays_toy.words import listed

COMMAND, OF_DIGITS = "python -m benchmarks.evidence", "python -m benchmarks.images digits"
KINDS = {"exact": "Points, exact denoisers", "mlp": "Points, networks", evidence.DIGITS: BUNDLED["digits"].title}
LINES = ("choice", evidence.PLAIN, "ays", "klub-optimum", "ld3", "logsnr", "edm", "time-uniform")  # of metric by steps
RATIOS = ("energy", "sliced-w2", "mode-mass", "hist-kl")  # whose zero is the data, so that ratios mean something


@kept(1)
def _studied() -> dict[str, dict[str, set[str]]]:
    """What was studied of each kind of models: the data, the solvers, the metrics."""
    by_kind = {kind: evidence.of_kind(kind) for kind in KINDS}
    columns = ("data", "solver", "metric")
    return {kind: {name: set(some[name]) for name in columns} for kind, some in by_kind.items() if not some.empty}


def kinds() -> dict[str, str]:
    """The kinds of models that were studied, with titles."""
    return {kind: KINDS[kind] for kind in _studied()}


def subjects(*of: str) -> dict[str, str]:
    """Data sets with their denoisers that were studied, of some kinds or all, with titles."""
    named = {evidence.DIGITS: BUNDLED["digits"].title, **{data: one.title for data, one in DATASETS.items()}}
    return {
        evidence.subject(data, kind): title + (", network" if kind == "mlp" else "")
        for kind in of or kinds()
        for data, title in named.items()
        if data in _studied()[kind]["data"]
    }


def solvers() -> dict[str, str]:
    """The solvers that were studied, with titles."""
    studied = {solver for some in _studied().values() for solver in some["solver"]}
    return {name: one.title for name, one in SOLVERS.items() if name in studied}


def figures(kind: str) -> dict[str, Figure]:
    """What models of a kind are judged by: figures whose zero is the data, so that ratios mean something."""
    every = {**METRICS, **FIGURES}
    return {name: every[name] for name in (*RATIOS, *results.SHIPPED_FIGURES) if name in _studied()[kind]["metric"]}


@dataclass(frozen=True)
class EvidenceView:
    """What of the study is shown: which models, judged by which figure, and a case in detail."""

    kind: str = codec.param("exact", lambda text: codec.choice(kinds(), "kind of model")(text))
    judged: str = codec.param("energy", codec.choice(dict.fromkeys((*RATIOS, *results.SHIPPED_FIGURES)), "metric"))
    studied: str = codec.param("grid-8x8", lambda text: codec.choice(subjects(), "case of the study")(text))
    under: str = codec.param("sde-dpmpp-2m", lambda text: codec.choice(solvers(), "solver of the study")(text))

    @property
    def figure(self) -> Figure:
        """What all is judged by."""
        return figures(self.kind)[self.judged]

    @property
    def points(self) -> bool:
        """Whether the models are of points in 2D, of which more is known."""
        return self.kind != evidence.DIGITS


def models() -> None:
    """The kind of models, and the figure that all is judged by."""
    controls.pick("Models", "kind", kinds())
    judges = {name: one.title for name, one in figures(st.session_state["kind"]).items()}
    record.among("judged", judges)
    controls.pick("Judge by", "judged", judges)


def case() -> None:
    """The data set with its denoiser, and the solver, that are shown in detail."""
    options = subjects(st.session_state["kind"])
    record.among("studied", options)
    controls.pick("Data in detail", "studied", options)
    controls.pick("Solver in detail", "under", solvers())


class Study(NamedTuple):
    """What the study says by one metric, as `runs.evidence` has it: by schedule, and by case and schedule."""

    overall: dict[str, Estimate]  # the best first
    beaten: dict[str, float]
    ratios: pd.DataFrame
    tied: pd.DataFrame


@kept(8)
def _study(kind: str, metric: str) -> Study:
    rows = evidence.of_kind(kind)
    overall, beaten = evidence.overall(rows, metric), evidence.beaten(rows, metric)
    return Study(overall, beaten, evidence.ratios(rows, metric), evidence.best_or_tied(rows, metric))


def _study_of(view: EvidenceView) -> Study:
    return _study(view.kind, view.judged)


@kept(2)
def _bounds(kind: str) -> pd.DataFrame:
    return evidence.bounds(evidence.of_kind(kind))


def cases(view: EvidenceView) -> int:
    """How many cases of that kind were studied."""
    return len(evidence.of_kind(view.kind).groupby(evidence.CASE))


def titles(view: EvidenceView) -> dict[str, str]:
    """All schedules, the best first, with titles."""
    return {name: evidence.title(name) for name in _study_of(view).overall}


def finding(view: EvidenceView) -> str:
    """Who wins, by how much, and where the choice loses."""
    study = _study_of(view)
    (first, least), (second, next_), *_ = study.overall.items()
    tied = study.tied
    words = (
        f"**{evidence.title(first)}** is best: {least} times the best of a case in the geometric mean, before "
        f"**{evidence.title(second)}** with {next_}. It is the best, or not told from it, in "
        f"{counted(tied[first].mean(), len(tied), 'cases')}."
    )
    losses = {name: study.beaten[name] for name in study.overall if name != "choice"}
    worst = [f"{evidence.title(name)} in {share:.0%}" for name, share in losses.items() if share > 0]
    lost = listed(worst[:4]) if worst else "none of them in any"
    return f"{words} More than two standard errors better than the Automatic choice: {lost} of the cases."


def counted(share: float, total: int, what: str) -> str:
    """How many of some things have it: 'all 48 cases', 'none of the 24 cases', '12 of the 24 cases'."""
    some = round(share * total)
    return f"all {total:,} {what}" if some == total else f"{f'{some:,}' if some else 'none'} of the {total:,} {what}"


def winners_map(view: EvidenceView) -> go.Figure:
    """All schedules by solver and number of steps."""
    study = _study_of(view)
    ratios, tied = (table.rename(index=solvers(), level="solver") for table in (study.ratios, study.tied))
    return drawing.winners(ratios, tied, titles(view))


def winners(view: EvidenceView) -> None:
    """The map of all schedules by solver and number of steps."""
    drawn, named = winners_map(view), titles(view)
    first, *rest = _study_of(view).overall.items()
    alt = f"Times the best by schedule: {named[first[0]]} {first[1]}; last {named[rest[-1][0]]} {rest[-1][1]}."
    gallery.figure(drawn, "winners", "Who wins where", alt)
    downloads.table("Table of the study", lambda: as_csv(evidence.of_kind(view.kind)))


def by_steps(view: EvidenceView) -> None:
    """The metric by number of steps, of one case."""
    values, errors = _of_case(view)
    shown = {name: evidence.title(name) for name in LINES if name in values}
    drawn = drawing.by_steps(values, errors, shown, view.figure.title)
    best = values.iloc[-1].idxmin()
    alt = f"{view.figure.title} by steps; least at {values.index[-1]} steps: {evidence.title(str(best))}."
    gallery.figure(drawn, "by_steps", "Metric against steps", alt)


def cost_figure(view: EvidenceView) -> go.Figure:
    """Quality against what finding a schedule costs."""
    ratios = {name: one.value for name, one in _study_of(view).overall.items()}
    return drawing.cost(evidence.calls(evidence.of_kind(view.kind)), ratios, titles(view))


def cost(view: EvidenceView) -> None:
    """The figure of quality against cost."""
    best = next(iter(titles(view).values()))
    alt = f"Ratio to the best against denoiser calls; {best} is the lowest."
    gallery.figure(cost_figure(view), "cost", "Quality against cost", alt)


def bound(view: EvidenceView) -> None:
    """The bound against what it bounds."""
    points = _bounds(view.kind)
    shown = {name: evidence.title(name) for name in LINES if name in titles(view)}
    drawn = drawing.bound(points[points.schedule.isin(list(shown))], shown)
    over = int((points.truth > points.klub).sum())
    gallery.figure(
        drawn, "bound", "Bound and truth", f"{len(points)} points, {over} of them above the line of equality."
    )


def bound_words(view: EvidenceView) -> str:
    """Whether the bound holds, and how little it says."""
    points = _bounds(view.kind)
    over, size = int((points.truth > points.klub).sum()), len(points)
    ranked = points.groupby(evidence.CASE)[["klub", "truth"]].corr("spearman")
    order = float(ranked.xs("klub", level=-1).truth.mean())
    return (
        f"**Look for** points under the dotted line: KLUB is a bound, and {over or 'none'} of {size:,} lie above it. "
        f"Within a case it orders schedules with a rank correlation of {order:.2f} with what their samples lose."
    )


def command(view: EvidenceView) -> None:
    """What makes the file behind all this anew."""
    if not view.points:
        st.caption(
            "All of this is computed from two files: the choice, the KLUB optimum and the baselines are in the first, "
            "everything else in the second. These commands make them anew, and go on where they were stopped:"
        )
        st.code(f"{OF_DIGITS}\n{COMMAND}", language=None, wrap_lines=True)
        return
    st.caption(
        "All of this is computed from one file, a row for every number. This command makes it anew, goes on where it "
        "was stopped, and scores a method of your own on the same cases:"
    )
    st.code(f"{COMMAND}\n{COMMAND} --method my_module:find", language=None, wrap_lines=True)


def in_numbers(view: EvidenceView) -> list[str]:
    """The map and the curve in numbers."""
    values, errors = _of_case(view)
    lines = [f"**{evidence.title(name)}**: {ratio} times the best." for name, ratio in _study_of(view).overall.items()]
    for name in (name for name in LINES if name in values):
        pairs = zip(values.index, values[name], errors[name], strict=True)
        told = ", ".join(f"{Estimate(value, error)} in {steps} steps" for steps, value, error in pairs)
        lines.append(f"**{evidence.title(name)}**, {subjects()[view.studied]}, {solvers()[view.under]}: {told}.")
    return lines


def _of_case(view: EvidenceView) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Means and errors of the chosen case, by number of steps and schedule."""
    rows = evidence.of_kind(view.kind)
    studied = {evidence.subject(data, view.kind): data for data in set(rows.data)}[view.studied]
    some = rows[(rows.data == studied) & (rows.solver == view.under)]
    values, errors = evidence.means(some, view.judged)
    return values.droplevel(["data", "kind", "solver"]), errors.droplevel(["data", "kind", "solver"])


def as_csv(rows: pd.DataFrame) -> bytes:
    """Rows of the study without their levels."""
    return rows.drop(columns="levels", errors="ignore").to_csv(index=False).encode()
