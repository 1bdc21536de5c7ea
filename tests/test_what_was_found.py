"""Every page says what it found before anything is touched, with error bars, and gives no answer away."""

import re

import pytest
from pages_shown import opened, run
from streamlit.testing.v1 import AppTest

from ays_toy.ui import in_numbers

pytestmark = pytest.mark.usefixtures("home")

SAID = {  # page and its address: what stands in the sentence
    "explore": ({"data": "ring-8", "steps": "4"}, "by energy distance, the figure it is chosen by"),
    "trajectories": ({"data": "gaussian", "steps": "3", "shown": "edm,gaussian"}, "ends closest to the reference"),
    "optimize": ({"data": "ring-8"}, "Nothing moves after sweep"),
    "beat_ays": ({"data": "gaussian"}, "of your levels is"),
    "evidence": ({}, "times the best of a case in the geometric mean"),
    "images": ({}, "KLUB optimum loses to Time-uniform ("),
    "data": ({}, "By energy distance to your points, **p-optimum, p = 2 beats EDM ("),
    "train": ({"data": "ring-8"}, "more than the best possible denoiser; at"),
}


@pytest.mark.parametrize("name", SAID)
def test_a_page_that_opens_says_what_it_found(name: str) -> None:
    query, words = SAID[name]
    at = opened(name, **query)
    (found,) = [one.value for one in at.markdown if words in one.value]
    assert " ± " in found or "within two standard errors" in found or name == "optimize"


def test_the_contest_says_nothing_of_the_others_before_the_guess() -> None:
    at = opened("beat_ays", data="gaussian")
    (found,) = [one.value for one in at.markdown if "of your levels is" in one.value]
    assert not {"AYS", "EDM", "KLUB optimum"} & set(found.replace(",", " ").split())


NUMBERS = {  # page: what its figures show, found among the numbers
    "explore": r"EDM 3.55e\+03 nats, from σ = 80, 17\.5, ",
    "trajectories": r"\*\*EDM\*\*, σ = 80, [\d., ]+; error of each step alone [\d., ±]+; .*path 1 goes through \(",
    "optimize": r"Sweep 0: KLUB [\d.]+ ± [\d.]+, energy distance [\d.]+ ± [\d.]+, the start; σ = 80, ",
    "beat_ays": r"Yours [\d.]+ nats, from σ = 80, 5\.66, 0\.4, ",
    "evidence": r"\*\*Automatic choice\*\*: [\d.]+ ± [\d.]+ times the best",
    "images": r"\*\*Automatic choice\*\*, Fréchet distance: .* in 5 steps, .* in 8 steps",
    "data": r"2,000 points, .*: x from -[\d.]+ to [\d.]+ and y from ",
    "train": r"Noise level σ = 0\.16, axes ±1\.6; on noisy data, learned and exact differ by ",
}


@pytest.mark.parametrize("name", NUMBERS)
def test_the_figures_of_a_page_can_be_read_in_numbers(name: str) -> None:
    at = opened(name, **SAID[name][0])
    (box,) = [one for one in at.expander if one.label == in_numbers.LABEL]
    assert not box.proto.expanded
    assert not box.markdown, "nobody has asked for them"
    at.session_state[in_numbers.KEY] = True
    (box,) = [one for one in run(at).expander if one.label == in_numbers.LABEL]
    assert re.search(NUMBERS[name], "\n".join(one.value for one in box.markdown))


def test_a_table_on_paper_shows_what_a_stranger_wrote_as_it_is() -> None:
    def page() -> None:
        from ays_toy.ui import printing

        printing.table("one", ["Schedule", "KLUB"], [["<img src=x>", "3.1 ± 0.2"]])

    (drawn,) = AppTest.from_function(page).run().get("html")
    assert "<td>&lt;img src=x&gt;</td><td>3.1 ± 0.2</td>" in drawn.proto.body
