"""Explore's three noises: the same schedule drawn again, and the spread of its figures in a sentence."""

import json
import re

import numpy as np
import pytest
from pages_shown import opened, run
from streamlit.testing.v1 import AppTest

from ays_toy.estimates import Estimate
from ays_toy.ui import repeats

LINK = {"data": "gaussian", "shown": "edm,cosine", "steps": "4"}


def pictures(at: AppTest, which: int) -> list[object]:
    figure = json.loads(at.get("plotly_chart")[which].proto.spec)
    return [trace["z"] for trace in figure["data"]]


def spread_words(at: AppTest) -> list[str]:
    return [one.value for one in at.caption if "under three noises" in one.value]


def test_one_click_draws_a_schedule_from_three_noises_and_the_link_does_so_too() -> None:
    at = opened("explore", **LINK)
    assert len(at.get("plotly_chart")) == 2
    assert spread_words(at) == []
    (choice,) = [one for one in at.sidebar.get("button_group") if one.key == "noises"]
    choice.set_value("edm")
    run(at)
    assert at.query_params["noises"] in ("edm", ["edm"])
    assert len(at.get("plotly_chart")) == 3
    main, again = pictures(at, 0), pictures(at, 1)
    assert len(again) == 1 + repeats.NOISES
    assert again[1] == main[1], "the first noise is the one above"
    assert again[1] != again[2] != again[3]
    (words,) = spread_words(at)
    values, (spread,) = (
        [float(one) for one in re.findall(kind, words)] for kind in (r"(0\.\d+) ±", r"differ by ([\d.e-]+)")
    )
    assert len(values) == repeats.NOISES
    assert spread == pytest.approx(np.std(values, ddof=1), abs=1e-3), "as its own numbers say"

    same = opened("explore", **LINK, noises="edm")
    assert spread_words(same) == [words]
    gone = opened("explore", **(LINK | {"shown": "cosine,logsnr"}), noises="edm")
    assert spread_words(gone) == [], "not among those shown"
    wrong = opened("explore", **LINK, noises="loud")
    assert "“noises” was left at its default" in wrong.warning[0].value


def test_the_sentence_counts_spread_and_error_bars() -> None:
    said = repeats.words("EDM", [Estimate(0.1, 0.03), Estimate(0.2, 0.04), Estimate(0.3, 0.05)])
    assert "0.10 ± 0.03, 0.20 ± 0.04 and 0.30 ± 0.05. They differ by 0.1 (standard deviation)" in said
    assert "an error bar is 0.041" in said  # the root of (9 + 16 + 25) / 3, in hundredths
