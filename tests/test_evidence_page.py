"""The Evidence page: everything that it says is computed from the study that ships, for what is chosen."""

import numpy as np
import pandas as pd
import pytest
from pages_shown import opened

from ays_toy.figures.evidence import cell
from ays_toy.runs import evidence, exhibits
from ays_toy.sampling.corrected import CORRECTABLE
from ays_toy.ui import exhibits as exhibits_shown
from ays_toy.ui.evidence import EvidenceView, counted, finding, in_numbers, kinds, solvers, subjects

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize("kind", kinds())
def test_the_study_that_ships_is_whole_and_of_one_kind(kind):
    rows = evidence.of_kind(kind)
    if kind != evidence.DIGITS:
        assert evidence.rows().settings.nunique() == 1
    counts = rows[rows.metric == rows.metric.iloc[-1]].groupby([*evidence.CASE, "schedule"]).size().unstack()
    assert int(counts.isna().sum().sum()) == 0, "every schedule in every case"
    assert counts.to_numpy().min() == counts.to_numpy().max(), "by as many seeds"
    assert np.isfinite(rows.value).all()
    assert (rows.stderr >= 0).all()


def test_what_it_says_is_what_the_rows_say():
    at = opened("evidence")
    rows = evidence.of_kind("exact")
    cases = len(rows.groupby(evidence.CASE))
    assert any(f"{cases} cases" in one.value for one in at.markdown)
    (first, least), *_ = evidence.overall(rows).items()
    table = evidence.ratios(rows)
    assert least.value == pytest.approx(float(np.exp(np.log(table[first]).mean())))
    assert any(one.value.startswith(f"**{evidence.title(first)}** is best: {least} times") for one in at.markdown)


def test_another_metric_gives_another_answer_and_what_is_unknown_is_said():
    assert finding(EvidenceView()) != finding(EvidenceView(judged="mode-mass"))
    at = opened("evidence", judged="nll", kind="none", studied="nowhere", under="dpmpp-2m")
    said = " ".join(one.value for one in (*at.warning, *at.info, *at.caption, *at.markdown))
    assert "“judged” was left at its default" in said
    assert "“kind” was left at its default" in said
    assert "“studied” was left at its default" in said
    assert at.selectbox(key="under").value == "dpmpp-2m"


def test_a_case_in_numbers_has_every_number_of_steps():
    lines = in_numbers(EvidenceView(studied="spirals", under="dpmpp-2m"))
    of_choice = [line for line in lines if line.startswith(f"**Automatic choice**, {subjects()['spirals']}")]
    assert len(of_choice) == 1
    assert all(f"in {steps} steps" in of_choice[0] for steps in set(evidence.of_kind("exact").steps))


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind != "exact"])
def test_other_models_have_a_map_of_their_own_and_no_exhibits(kind):
    at = opened("evidence", kind=kind, judged="mode-mass")
    assert not at.exception
    cases = len(evidence.of_kind(kind).groupby(evidence.CASE))
    said = " ".join(one.value for one in at.markdown)
    assert f"{cases} cases" in said
    assert at.selectbox(key="judged").value != "mode-mass", "which neither moons nor digits have"
    assert all(option in subjects(kind).values() for option in at.selectbox(key="studied").options)
    assert "no schedule can buy" not in said


def test_the_exhibits_say_what_their_rows_say():
    at = opened("evidence")
    said = " ".join(one.value for one in at.caption)
    gained = exhibits.overall(exhibits.against(["choice", evidence.BEST], evidence.PLAIN, "energy"))
    assert f"has {gained['choice']} times the energy distance of the choice before" in said
    assert f"the best known {gained[evidence.BEST]} times" in said
    table = exhibits.against([evidence.BEST, evidence.COEFFICIENTS], "choice", "energy")
    assert f"come to {exhibits.overall(table)[evidence.COEFFICIENTS]} times the energy distance of the choice" in said
    assert f"they lose in {counted(exhibits.worse(table, evidence.COEFFICIENTS), len(table), 'cases')}. A mean" in said
    assert "samples are most precise at p = " in said


def test_data_without_modes_have_no_dial_and_it_is_said():
    at = opened("evidence", studied="moons")
    assert any("no separate modes" in one.value for one in at.caption)
    assert all(frame.empty for frame in exhibits.dial("moons", "ddim", 5))


def test_what_is_held_against_a_base_is_floored_by_its_error_and_averaged_geometrically(monkeypatch):
    about = {"kind": "exact", "solver": "ddim", "steps": 3, "metric": "energy", "seed": 1, "stderr": 0.01}
    study, beside = (
        pd.DataFrame(about | {"data": data, "schedule": name, "value": value} for data, name, value in rows)
        for rows in (
            [("a", "plain", 0.2), ("a", "choice", 0.1), ("b", "plain", 0.2), ("b", "choice", 0.3)],
            [("a", evidence.BEST, -0.5), ("b", evidence.BEST, 0.1), ("a", "choice", 9.0)],
        )
    )
    monkeypatch.setattr(evidence, "rows", lambda: study)
    monkeypatch.setattr(exhibits, "rows", lambda: beside)
    table = exhibits.against(["choice", evidence.BEST], "plain", "energy")
    found = exhibits.overall(table)
    assert found["choice"].value == pytest.approx(np.sqrt(0.5 * 1.5))
    assert found[evidence.BEST].value == pytest.approx(np.sqrt(0.05 * 0.5)), "no less than its error"
    spread = np.sqrt(0.1**2 + 0.05**2 + (1 / 30) ** 2 + 0.05**2) / 2
    assert found["choice"].stderr == pytest.approx(found["choice"].value * spread)
    assert exhibits.worse(table, "choice") == 0.5


def test_the_exhibits_in_numbers_have_every_solver_and_number_of_steps():
    lines = exhibits_shown.in_numbers(EvidenceView())
    assert len(lines) == 4
    some = evidence.of_kind("exact")
    for solver, steps in some[["solver", "steps"]].drop_duplicates().itertuples(index=False):
        assert f"for {solvers()[solver]} in {steps} steps" in lines[0]
        assert (f"for {solvers()[solver]} in {steps} steps" in lines[3]) == (solver in CORRECTABLE)


@pytest.mark.parametrize(
    ("ratio", "best", "short", "text"),
    [
        (1.234, True, False, "● 1.23"),
        (123.4, False, False, "123"),
        (1.234, True, True, "●1.2"),
        (12.34, False, True, "12"),
    ],
)
def test_a_ratio_is_as_short_as_its_place_in_the_map(ratio, best, short, text):
    assert cell(ratio, best, short) == text


def test_a_share_of_cases_is_said_as_a_count():
    assert counted(1.0, 48, "cases") == "all 48 cases"
    assert counted(0.0, 24, "cases") == "none of the 24 cases"
    assert counted(0.5, 1_248, "cases") == "624 of the 1,248 cases"
