"""Every page says what it found before anything is touched, with error bars, and gives no answer away."""

import pytest
from pages_shown import opened

pytestmark = pytest.mark.usefixtures("home")

SAID = {  # page and its address: what stands in the sentence
    "explore": ({"data": "ring-8", "steps": "4"}, "by energy distance, the figure it is chosen by"),
    "trajectories": ({"data": "gaussian", "steps": "3", "shown": "edm,gaussian"}, "ends closest to the reference"),
    "optimize": ({"data": "ring-8"}, "Nothing moves after sweep"),
    "beat_ays": ({"data": "gaussian"}, "of your levels is"),
    "images": ({}, "Automatic choice"),
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
