"""Samples of one's own data at once: the exact denoiser of the points under two schedules, beside the pad."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import streamlit as st

from ays_toy import names, optimize
from ays_toy.checks import SIGMA_DATA
from ays_toy.metrics import METRICS
from ays_toy.models import catalog
from ays_toy.pricing.paths import PathGram
from ays_toy.runs import finding, verdicts
from ays_toy.runs.comparison import Model
from ays_toy.runs.outcomes import BINS
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import coming, compute, findings, gallery, in_numbers, terms
from ays_toy.ui.components.draw import last_deed
from ays_toy.ui.components.sampling import DrawnModel, Live
from ays_toy.ui.kept import kept
from ays_toy.ui.own_data import brought
from ays_toy.ui.tasks import there
from ays_toy.ui.view import ModelView
from ays_toy.words import amid_sentence

POWER, PATHS, LEVELS, SAMPLES = 2.0, 512, 64, 4096  # of the quick answer
SAMPLE_PAIRS, LEAST_SAMPLES = 20_000 * 1024, 1024  # samples times points, kept below what takes seconds
MANY = 5000  # points beyond which half the paths must do
EMPTY = (
    "There is nothing on the pad to take points from: draw on it, and there are samples of it here. The other pages "
    "stay with **{}** meanwhile."
)
BOX = "panels_box3"  # the key of the pictures' container
MEASURING = "Measuring the samples of both schedules …"


def live(view: ModelView, points: int) -> Live | None:
    """The samples under EDM as they follow the brush; what the true density is the browser finds for each drawing."""
    if (drawn := DrawnModel.of(points)) is None:
        return None
    return Live(drawn, view.solver, view.seed, _samples(points), BINS, 1.0, names.title("edm"), BOX, 2)


@kept(32)
def _gram(model: Model) -> PathGram:
    return model.collect(PATHS if _size(model) <= MANY else PATHS // 2, LEVELS)


def _samples(points: int) -> int:
    return max(LEAST_SAMPLES, min(SAMPLES, SAMPLE_PAIRS // points))


@kept(64)
def _optimized(model: Model, solver: str, seed: int, steps: int) -> compute.Outcome:
    best = Schedule("p-optimum", names.title("p-optimum", POWER), optimize.optimum(_gram(model), steps, POWER))
    return compute.outcome(compute.Sampling.of(model, solver, seed, best, _samples(_size(model))))


def show(view: ModelView) -> None:
    """The data beside samples of their exact denoiser under two schedules; a sentence where nothing is drawn."""
    if not brought.own_data().shown:
        findings.let_go()
        st.info(EMPTY.format(catalog.dataset(view.data).title), icon=":material/draw:")
        return
    model = Model.current(brought.own_data().shown, "exact", view.sigma_min, view.sigma_max)
    edm = finding.family(model, "edm", view.steps)
    findings.let_go()
    samples = _samples(_size(model))
    drawn = findings.begin_more({"edm": compute.Sampling.of(model, view.solver, view.seed, edm, samples)})
    asked = (model, view.solver, view.seed, view.steps)
    best = _optimized.known(*asked)
    optimized = {"p-optimum": there(best) if best else compute.submit(_optimized, *asked)}
    findings.hold(optimized)
    outcomes = {**drawn, **optimized}
    place = gallery.reserved(BOX, 300)
    missing = coming.after_a_moment(outcomes.values())
    _pictures(place, model, outcomes, not missing)
    found = MEASURING if missing else finding_of(outcomes)
    st.container(key="finding_points").markdown(found, help=terms.about(found))
    terms.caption(
        f"**Look for** samples that fall on your points and nowhere else: the exact denoiser knows nothing but "
        f"these {_size(model):,}. {samples:,} samples each, {view.steps} steps, the same noise.",
        *gallery.WORDS,
    )
    in_numbers.show(partial(_in_numbers, model, outcomes))
    coming.follow(missing)


def _points_in_numbers(model: Model) -> str:
    """How far the points reach as they are shown: centered, and scaled to a standard deviation of 0.5."""
    points = model.dataset.mixture.means
    (left, low), (right, high) = points.min(axis=0), points.max(axis=0)
    across, up = points.std(axis=0)
    return (
        f"{len(points):,} points, moved to the center and scaled to a standard deviation of {SIGMA_DATA:g}: x from "
        f"{left:.3g} to {right:.3g} and y from {low:.3g} to {high:.3g}, standard deviations {across:.3g} and {up:.3g}."
    )


def _in_numbers(model: Model, outcomes: compute.Outcomes) -> Iterable[str]:
    yield _points_in_numbers(model)
    for name, outcome in outcomes.items():
        figures = outcome.result().metrics.items() if outcome.done() else ()
        scores = ", ".join(f"{METRICS[one].title} {value}" for one, value in figures)
        yield f"{names.title(name, POWER)}: {scores or 'being measured'}."


def finding_of(outcomes: compute.Outcomes) -> str:
    """Which of the two schedules comes closer to the points, if that can be told."""
    scores = {name: one.result().metrics[verdicts.JUDGE] for name, one in outcomes.items()}
    titles = {name: names.title(name, POWER) for name in scores}
    words = verdicts.against(titles["p-optimum"], scores["p-optimum"], titles["edm"], scores["edm"])
    return f"By {amid_sentence(METRICS[verdicts.JUDGE].title)} to your points, **{words}**."


def _size(model: Model) -> int:
    return len(model.dataset.mixture.means)


def _pictures(place: Any, model: Model, outcomes: compute.Outcomes, whole: bool) -> None:
    """Draw them; until all have come they do not say which deed at the pad they show, and the browser's stay."""
    shown = [
        gallery.panel(model, Schedule(name, names.title(name, POWER)), outcomes[name]) for name in ("edm", "p-optimum")
    ]
    gallery.show(place, model, shown, meta=last_deed(brought.PAD) if whole else None, whole=whole, opens=True)
