"""The exhibits of the Evidence page: the headroom, what no schedule can buy, and the dial, in words and figures."""

from typing import NamedTuple

import pandas as pd
import streamlit as st

from ays_toy import names
from ays_toy.estimates import Estimate
from ays_toy.figures import exhibits as drawing
from ays_toy.runs import evidence, exhibits
from ays_toy.ui import downloads, gallery, terms
from ays_toy.ui.evidence import EvidenceView, as_csv, counted, solvers, subjects
from ays_toy.ui.kept import kept
from ays_toy.words import amid_sentence

COMMAND = "python -m benchmarks.exhibits"
FLOORED = "A mean below its error counts as that error."
HEADROOM, BOUGHT = ("choice", evidence.BEST), (evidence.BEST, evidence.COEFFICIENTS)


class Against(NamedTuple):
    """Schedules against a base: the ratios of every case, their means by solver and steps, and over all."""

    table: pd.DataFrame
    means: pd.DataFrame
    overall: dict[str, Estimate]


@kept(16)
def _against(wanted: tuple[str, ...], base: str, metric: str) -> Against:
    table = exhibits.against(list(wanted), base, metric)
    return Against(table, exhibits.averaged(table, exhibits.BY), exhibits.overall(table))


def show(view: EvidenceView) -> None:
    """All exhibits, and the command that makes them."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("#### What refinement has gained, and has left")
        headroom(view)
    with right:
        st.markdown("#### What no schedule can buy")
        bought(view)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"#### Precision against mode mass: {subjects()[view.studied]}, {solvers()[view.under]}")
        dial(view)
    with right:
        st.markdown("#### Made by another command")
        st.caption("It takes the schedules of the study, and measures on the study's seeds:")
        st.code(COMMAND, language=None, wrap_lines=True)
    downloads.table("Table of the exhibits", lambda: as_csv(exhibits.rows()))


def headroom(view: EvidenceView) -> None:
    """What refinement gains, and what a more patient one would."""
    found = _against(HEADROOM, evidence.PLAIN, view.judged)
    _drawn(found, evidence.PLAIN, view, "headroom", "The headroom")
    refined, best = (found.overall[name] for name in HEADROOM)
    terms.caption(
        f"**Look for** stars left of the filled marks: there a better schedule is known. The refined choice has "
        f"{refined} times the {_metric(view)} of the choice before, the best known {best} times; that is the best on "
        f"held-out noise of all in the study and of a refinement eight times as long. {FLOORED}",
        "Automatic choice",
    )


def bought(view: EvidenceView) -> None:
    """What learned coefficients of the solver gain over the choice, at the same levels and calls."""
    found = _against(BOUGHT, "choice", view.judged)
    _drawn(found, "choice", view, "bought", "What no schedule can buy")
    best, learned = (found.overall[name] for name in BOUGHT)
    lost = exhibits.worse(found.table, evidence.COEFFICIENTS)
    terms.caption(
        f"**Look for** crosses left of the stars: two corrections a step to the weights of a multistep solver, learned "
        f"by the gradients that refine levels, at the same levels and calls. They come to {learned} times the "
        f"{_metric(view)} of the choice, the best schedule known to {best} times; they lose in "
        f"{counted(lost, len(found.table), 'cases')}. {FLOORED} The idea is that of GS (arXiv 2510.17699) and S4S "
        "(arXiv 2502.17423).",
        "Automatic choice",
    )


def dial(view: EvidenceView) -> None:
    """Precision against mode mass along the powers, for the case in detail and the fewest steps."""
    steps = fewest(view)
    values, errors = exhibits.dial(view.studied, view.under, steps)
    if values.empty:
        st.caption("These data have no separate modes to be counted: choose others, such as the grid, to see the dial.")
        return
    powers = {name: float(name.removeprefix("p=")) for name in values.index if name.startswith("p=")}
    others = {name: names.title(name) for name in values.index if name not in powers}
    drawn = drawing.dial(values, errors, powers, others)
    along = values.loc[[*powers]]
    precise, whole = (str(along[metric].idxmin()) for metric in ("outliers", "mode-mass"))
    alt = f"Outliers against mode mass error: fewest at p = {powers[precise]:g}, least wrong at p = {powers[whole]:g}."
    gallery.figure(drawn, "dial", "The dial between precision and mode mass", alt)
    terms.caption(
        f"**Look for** where the curve bends: samples are most precise at p = {powers[precise]:g}, where "
        f"{along.outliers[precise]:.1%} of them are outliers, and the modes have their mass best at "
        f"p = {powers[whole]:g}, where {along['mode-mass'][whole]:.0%} of the samples are in a wrong mode or none. "
        f"{steps} steps.",
        "p-optimum",
        "Outliers",
        "Mode mass error",
    )


def in_numbers(view: EvidenceView) -> list[str]:
    """What all that is held against a base comes to, by solver and number of steps."""
    lines = []
    for wanted, base in ((HEADROOM, evidence.PLAIN), (BOUGHT, "choice")):
        means = _against(wanted, base, view.judged).means
        for name in wanted:
            pairs = zip(means.index, means["ratio"][name], means["error"][name], strict=True)
            told = ", ".join(
                f"{Estimate(ratio, error)} for {solvers()[solver]} in {steps} steps"
                for (solver, steps), ratio, error in pairs
            )
            lines.append(f"**{evidence.title(name)}**, times {evidence.title(base)}: {told}.")
    return lines


def fewest(view: EvidenceView) -> int:
    """The fewest steps of the case in detail."""
    some = exhibits.rows()
    return int(some.steps[some.solver == view.under].min())


def _metric(view: EvidenceView) -> str:
    return amid_sentence(view.figure.title)


def _drawn(found: Against, base: str, view: EvidenceView, key: str, title: str) -> None:
    """A figure of such ratios, by solver and number of steps."""
    titles = {name: evidence.title(name) for name in found.overall}
    told = ", ".join(f"{titles[name]} {value}" for name, value in found.overall.items())
    means = found.means.rename(index=solvers(), level="solver")
    drawn = drawing.against(means, titles, evidence.title(base), view.figure.title)
    gallery.figure(drawn, key, title, f"Times {evidence.title(base)}: {told}.")
