"""The Evidence page: everything that it says is computed from the study that ships, for what is chosen."""

import numpy as np
import pytest
from pages_shown import opened

from ays_toy.runs import evidence
from ays_toy.ui.evidence import EvidenceView, finding, in_numbers, subjects

pytestmark = pytest.mark.usefixtures("home")


def test_the_study_that_ships_is_whole_and_of_one_kind():
    rows = evidence.rows()
    assert rows.settings.nunique() == 1
    counts = rows[rows.metric == "energy"].groupby([*evidence.CASE, "schedule"]).size().unstack()
    assert int(counts.isna().sum().sum()) == 0, "every schedule in every case"
    assert counts.to_numpy().min() == counts.to_numpy().max(), "by as many seeds"
    assert np.isfinite(rows.value).all()
    assert (rows.stderr >= 0).all()


def test_what_it_says_is_what_the_rows_say():
    at = opened("evidence")
    cases = len(evidence.rows().groupby(evidence.CASE))
    assert any(f"{cases} cases" in one.value for one in at.markdown)
    (first, least), *_ = evidence.overall(evidence.rows()).items()
    table = evidence.ratios(evidence.rows())
    assert least.value == pytest.approx(float(np.exp(np.log(table[first]).mean())))
    assert any(one.value.startswith(f"**{evidence.title(first)}** is best: {least} times") for one in at.markdown)


def test_another_metric_gives_another_answer_and_what_is_unknown_is_said():
    assert finding(EvidenceView()) != finding(EvidenceView(judged="mode-mass"))
    at = opened("evidence", judged="nll", studied="nowhere", under="dpmpp-2m")
    said = " ".join(one.value for one in (*at.warning, *at.info, *at.caption, *at.markdown))
    assert "“judged” was left at its default" in said
    assert "“studied” was left at its default" in said
    assert at.selectbox(key="under").value == "dpmpp-2m"


def test_a_case_in_numbers_has_every_number_of_steps():
    lines = in_numbers(EvidenceView(studied="spirals", under="dpmpp-2m"))
    of_choice = [line for line in lines if line.startswith(f"**Automatic choice**, {subjects()['spirals']}")]
    assert len(of_choice) == 1
    assert all(f"in {steps} steps" in of_choice[0] for steps in set(evidence.rows().steps))
