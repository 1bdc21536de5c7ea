"""The Beat AYS page without a browser: what the rail says is checked, undone, remembered and held by the link."""

import numpy as np
import pages_shown
import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from ays_toy.metrics import METRICS
from ays_toy.runs.challenge import attempt
from ays_toy.sampling import schedules
from ays_toy.ui import codec
from ays_toy.ui.beat_ays import attempts
from ays_toy.ui.beat_ays.board import ChallengeView
from ays_toy.ui.view import POWERS

DATA = "gaussian"


def rounded(values) -> tuple[float, ...]:
    return tuple(float(f"{value:.4g}") for value in values)


@given(
    some.lists(some.floats(0.003, 70), max_size=39, unique_by=lambda v: f"{v:.4g}"),
    some.sampled_from(POWERS),
    some.sampled_from(list(METRICS)),
)
def test_a_link_holds_the_attempt(inner: list[float], power: float, metric: str) -> None:
    levels = rounded(sorted(inner, reverse=True))
    view = ChallengeView(steps=max(2, len(levels) + 1), levels=levels, weight=power, metric=metric)
    query = codec.to_query(view)
    assert codec.from_query(ChallengeView, query) == (view, [])


pytestmark = pytest.mark.usefixtures("home")


def opened(**query: str) -> AppTest:
    return pages_shown.opened("beat_ays", **{"data": DATA, **query})


def levels(at: AppTest) -> list[float]:
    return list(at.session_state["levels"])


def move(at: AppTest, inner: list[object], version: str | None = None) -> AppTest:
    """As the rail tells it."""
    desk = at.session_state["attempt"]
    version = version or f"{desk.changes} {at.session_state['sigma_max']:g} {at.session_state['sigma_min']:g}"
    at.session_state[attempts.BOARD] = {"move": {"levels": inner, "version": version, "table": None}}
    at.run()
    assert not at.exception, at.exception
    return at


def scores(at: AppTest):
    return at.dataframe[-1].value.set_index("Schedule")


def texts(at: AppTest) -> str:
    return " ".join(element.value for element in (*at.markdown, *at.caption, *at.warning, *at.error))


def test_a_move_is_priced_drawn_remembered_and_undone() -> None:
    at = opened()
    assert levels(at) == []
    start = scores(at)
    assert list(start.index) == ["Yours 1: start"]
    move(at, [2.0, 0.4, 0.05])
    assert levels(at) == [2.0, 0.4, 0.05]
    assert at.query_params["levels"] == "2,0.4,0.05"
    now = scores(at)
    assert list(now.index) == ["Yours 2: moved", "Yours 1: start"]
    assert now.loc["Yours 1: start", "KLUB"] == start.loc["Yours 1: start", "KLUB"]
    assert now.loc["Yours 2: moved", "× best"] >= 1
    at.button(key="undo").click().run()
    assert levels(at) == []
    assert at.button(key="undo").disabled


@pytest.mark.parametrize(
    "bad", [[2.0, 2.0, 0.05], [0.05, 0.4, 2.0], [200.0, 1.0, 0.5], [1.0, 0.5, 1e-9], ["x", 1, 0.5], [None, 1, 0.5], []]
)
def test_a_move_that_crosses_touches_or_leaves_is_refused_in_a_sentence_and_loses_nothing(bad) -> None:
    at = opened(levels="2,0.4,0.05")
    move(at, bad)
    assert levels(at) == [2.0, 0.4, 0.05]
    assert ":orange[" in texts(at)
    move(at, [2.1, 0.4, 0.05])
    assert levels(at) == [2.1, 0.4, 0.05]
    assert ":orange[" not in texts(at)


def test_a_move_of_levels_that_were_replaced_meanwhile_is_let_go() -> None:
    at = opened(levels="2,0.4,0.05")
    before = f"{at.session_state['attempt'].changes} 80 0.002"
    at.button(key="reset").click().run()
    move(at, [3.0, 0.3, 0.03], version=before)
    np.testing.assert_allclose(attempts_sigmas(at), attempt(schedules.logsnr(4)[1:-1], 80.0, 0.002))


def attempts_sigmas(at: AppTest) -> np.ndarray:
    return attempt(levels(at) or schedules.logsnr(4)[1:-1], 80.0, 0.002)


def test_a_step_of_a_lesson_keeps_its_number_of_levels_and_what_it_reveals() -> None:
    at = pages_shown.opened("beat_ays", lesson="your-own-steps.6")
    before = levels(at)
    assert not [one for one in at.button if one.key in ("add", "remove", "undo", "reset")]
    move(at, [2.0, 1.0, 0.4, 0.05])
    assert levels(at) == before
    assert "number of steps stays as it is" in texts(at)
    move(at, [2.0, 0.4, 0.05])
    assert levels(at) == [2.0, 0.4, 0.05]
    assert ":orange[" not in texts(at)
    assert at.query_params["guess"] == "ays,optimum"


def test_levels_that_were_placed_in_a_step_stand_in_the_step_that_speaks_of_them() -> None:
    at = pages_shown.opened("beat_ays", lesson="your-own-steps.5")
    move(at, [2.0, 0.4, 0.05])
    at.button(key="lesson next").click().run()
    assert at.query_params["lesson"] == "your-own-steps.6"
    assert levels(at) == [2.0, 0.4, 0.05]
    at.button(key="lesson back").click().run()
    assert levels(at) == [], "an earlier step sets its scene anew"


def test_levels_are_added_removed_reset_and_snapped_to_a_family() -> None:
    at = opened()
    at.button(key="add").click().run()
    assert len(levels(at)) == 4
    assert at.session_state["steps"] == 5
    assert at.slider(key="steps").value == 5
    at.button(key="remove").click().run()
    at.button(key="remove").click().run()
    assert len(levels(at)) == 2
    at.button(key="remove").click().run()
    assert at.button(key="remove").disabled
    for _ in range(4):
        at.button(key="undo").click().run()
    assert (levels(at), at.session_state["steps"]) == ([], 4)
    assert not at.exception


def test_another_number_of_steps_begins_anew_and_can_be_undone() -> None:
    at = opened(levels="2,0.4,0.05")
    at.slider(key="steps").set_value(6).run()
    assert levels(at) == []
    assert scores(at).loc["Yours 2: start", "Steps"] == 6
    at.button(key="undo").click().run()
    assert levels(at) == [2.0, 0.4, 0.05]
    assert at.slider(key="steps").value == 4


def test_other_ends_keep_levels_that_fit_and_say_so_where_they_do_not() -> None:
    at = opened(levels="20,0.4,0.05")
    assert list(scores(at).index) == ["Yours 1: from the link"]
    at.selectbox(key="sigma_max").set_value(40.0).run()
    assert levels(at) == [20.0, 0.4, 0.05]
    at.selectbox(key="sigma_max").set_value(10.0).run()
    assert levels(at) == []
    assert "did not fit between the new ends" in texts(at)
    assert not at.exception


def test_the_others_are_hidden_until_one_has_guessed() -> None:
    at = opened()
    assert at.button(key="reveal").disabled
    at.radio(key="guess cost").set_value("AYS").run()
    at.radio(key="guess picture").set_value("KLUB optimum").run()
    at.button(key="reveal").click().run()
    assert not at.exception
    table = scores(at)
    assert list(table.index[:3]) == ["AYS", "EDM", "KLUB optimum"]
    assert table.loc["KLUB optimum", "× best"] == pytest.approx(1.0, abs=1e-3)
    assert table.loc["AYS", "KLUB"] < table.loc["EDM", "KLUB"]
    assert "Least KLUB: **AYS**, as you guessed" in texts(at)
    assert "Best picture: " in texts(at)
    assert at.query_params["guess"] == "ays,optimum"
    shared = opened(guess="ays,optimum")  # by its link
    assert list(scores(shared).index[:3]) == ["AYS", "EDM", "KLUB optimum"]
    assert "Least KLUB: **AYS**, as you guessed" in texts(shared)
    assert "reveal" not in [button.key for button in shared.button]
    at.slider(key="steps").set_value(3).run()  # another challenge: to be guessed anew
    assert list(scores(at).index) == ["Yours 2: start", "Yours 1: start"]
    assert "guess" not in at.query_params


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"levels": "0.4,2"}, "The link's “levels” was left at its default"),
        ({"levels": "x" * 2000}, "2,000 characters"),
        ({"levels": "2,0.4,0.05", "steps": "9"}, "set to 4"),
        ({"levels": "200,0.4,0.05"}, "did not fit"),
        ({"weight": "9"}, "weight"),
        ({"metric": "<script>"}, "metric"),
    ],
)
def test_a_damaged_link_is_said_in_a_sentence_and_opens_all_the_same(query: dict[str, str], says: str) -> None:
    at = opened(**query)
    assert says in texts(at)
    assert len(scores(at)) == 1


def paste(at: AppTest, text: str) -> str:
    """Bring it -> what the page says to that."""
    at.text_area(key="bring attempt text").set_value(text)
    at.button(key="bring attempt bring").click().run()
    assert not at.exception, at.exception
    return " ".join(one.value for one in (*at.success, *at.error)).replace("\\", "")


def test_a_schedule_that_is_brought_becomes_the_attempt_and_can_be_undone() -> None:
    at = opened(levels="2,0.4,0.05")
    assert "6 levels for 5 steps, from 80 to 0.002. It does not reach" in paste(at, "20, 5, 0.5, 0.051234, 0.002")
    assert "rounded to 4 digits" in at.success[0].value
    assert levels(at) == [20.0, 5.0, 0.5, 0.05123]
    assert at.slider(key="steps").value == 5
    assert at.query_params["levels"] == "20,5,0.5,0.05123"
    assert next(iter(scores(at).index)) == "Yours 2: brought"
    move(at, [20.0, 5.0, 0.6, 0.05])
    at.button(key="undo").click().run()
    at.button(key="undo").click().run()
    assert levels(at) == [2.0, 0.4, 0.05]
    assert at.slider(key="steps").value == 4


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("999 500 0", "timesteps"),
        ("700 50 1 0.002", "700 to 0.002 and the model only from 80 to 0.002"),
        ("80 0.002", "number of levels between the two ends"),
        ("80 2.00001 2.0 0.1 0.002", "descend strictly"),
        ("80 2 2 0.1", "twice"),
        (" ".join(f"{70 * 0.9**k:.4g}" for k in range(45)), "give at most 40"),
    ],
)
def test_what_cannot_be_an_attempt_is_refused_in_place_and_loses_nothing(text: str, says: str) -> None:
    at = opened(levels="2,0.4,0.05")
    assert says in paste(at, text)
    assert levels(at) == [2.0, 0.4, 0.05]
    assert at.text_area(key="bring attempt text").value == text
    assert at.button(key="undo").disabled
    assert ":orange[" not in texts(at)
