"""Names and words are explained where they stand, from the glossary's one sentence each."""

import json
import re
import time

import pytest
from pages_shown import opened
from streamlit.testing.v1 import AppTest

from ays_toy import glossary, names
from ays_toy.sampling.solvers import SOLVERS
from ays_toy.ui import terms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NLL of all modes, in nats", ["NLL", "Mode", "Nats"]),
        ("at σ = 3; the p-optimum, p = 2", ["Noise level σ", "p-optimum", "p"]),
        ("denoiser calls of a denoiser", ["Denoiser call", "Denoiser"]),
        ("AYS at rest, AYS", ["AYS at rest", "AYS"]),
        ("0.482 ± 0.014, sliced W2 and W2", ["Standard error", "Sliced W2", "W2"]),
        ("held-out points, Held out", ["Held-out"]),
        ("SDE-DPM-Solver++(2M) is not DPM-Solver++(2M)", ["SDE-DPM-Solver++(2M)", "DPM-Solver++(2M)"]),
        ("far whole sampling paths are, and trajectories", ["Trajectory"]),
        ("along coupled paths", ["Path"]),
        ("yours, published on the steppe; a map of p, multimodel", []),
    ],
)
def test_words_are_found_as_texts_have_them(text: str, found: list[str]) -> None:
    assert list(glossary.found_in([text])) == found
    said = terms.about(text)
    assert said is None or all(f"**{word}:** {glossary.everything()[word]}" in said for word in found)
    assert (said is None) == (found == [])


def test_every_entry_is_found_by_its_own_name() -> None:
    own = {word: word for word in glossary.everything()} | {"p": "p = 2", "Path": "forward paths"}
    assert [word for word, text in own.items() if word not in glossary.found_in([text])] == []


def test_a_word_that_joins_the_registry_later_is_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    glossary.found_in(["Heun"])
    monkeypatch.setitem(names.TITLES, "even", "Evenly")  # type: ignore[arg-type]
    monkeypatch.setitem(names.ABOUT, "even", "In σ.")  # type: ignore[arg-type]
    assert glossary.found_in(["Evenly, Heun"]) == {"Evenly": "In σ.", "Heun": SOLVERS["heun"].words}


UNEXPLAINED = (
    *("Denoiser call", "NLL", "Entropy", "Sliced W2", "Mode", "Nats", "KLUB", "Noise level σ", "Schedule", "Step"),
    *("p", "Stochastic-DDIM", "EDM", "LogSNR", "AYS", "Automatic choice", "Energy distance", "Standard error"),
)


def test_explore_s_first_screen_explains_every_word_that_it_uses() -> None:
    at = opened("explore")
    while not any("best by energy distance" in one.value for one in at.markdown):  # what is searched for and measured
        time.sleep(0.2)
        at.run()
    asked = [*at.caption, *at.markdown, *at.slider, *at.selectbox]
    helps = " ".join(one.help for one in asked if getattr(one, "help", ""))
    everything = glossary.everything()
    assert [word for word in UNEXPLAINED if everything[word] not in helps] == []


def unexplained(at: AppTest) -> list[str]:
    """Names and words that a page says, outside of what is shut or on paper alone, and no help on it explains."""
    shut = {one.value for box in at.expander for one in box.markdown}
    words = [one.value for one in (*at.markdown, *at.caption) if one.value not in shut and "Solver: " not in one.value]
    widgets = [one for kind in ("selectbox", "slider", "select_slider", "multiselect", "radio") for one in at.get(kind)]
    words += [one.label for one in widgets] + [option for one in at.radio for option in one.options]
    for chart in at.get("plotly_chart"):
        layout = json.loads(chart.proto.spec)["layout"]
        words += [re.sub("<[^>]*>", " ", one.get("text") or "") for one in layout.get("annotations", [])]
    helps = " ".join(
        one.help or "" for one in (*at.markdown, *at.caption, *widgets, *at.number_input, *at.get("toggle"))
    )
    return [word for word, sentence in glossary.found_in(words).items() if sentence not in helps]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("trajectories", {"data": "gaussian", "steps": "4"}),
        ("optimize", {"data": "ring-8"}),
        ("beat_ays", {"data": "gaussian"}),
        ("data", {}),
        ("images", {}),
        ("trajectories", {"lesson": "what-a-sampler-does.1"}),
        ("explore", {"lesson": "klub-as-area.1"}),
        ("optimize", {"lesson": "the-papers-search.3"}),
        ("beat_ays", {"lesson": "your-own-steps.2"}),
        ("images", {"lesson": "images.1"}),
    ],
)
def test_every_page_and_step_explains_its_words_where_they_stand(name: str, query: dict[str, str]) -> None:
    assert unexplained(opened(name, **query)) == []
