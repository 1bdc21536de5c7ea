"""What was drawn before a reveal is held against the truth by hand-computed distances, and comes checked."""

from dataclasses import replace
from math import log10, sqrt

import numpy as np
import pytest

from ays_toy.lessons import prediction
from ays_toy.lessons.lesson import Axis, Prediction
from ays_toy.ui.components.predict import HOW, _id, _payload, _usable

SIGMA = Axis("noise level σ", 80.0, 0.002, log=True)
SWEEPS = Axis("sweep", 0, 20)
LEVELS = Prediction("levels", "Where?", lambda _: np.ones(3), lambda _: "", SIGMA, marks=3)
CURVE = Prediction(
    "curve", "How?", lambda _: np.ones(3), lambda _: "", SWEEPS, Axis("KLUB (nats)", 1.0, 1000.0, log=True), marks=3
)
LINEAR = replace(CURVE, y=Axis("energy distance", 0.0, 10.0))
STOP = Prediction("stop", "When?", lambda _: np.ones(1), lambda _: "", SWEEPS, near=1)


def test_levels_are_compared_in_decades_and_in_their_order() -> None:
    truth = np.array([10.0, 1.0, 0.1])
    assert prediction.distance(LEVELS, np.array([10.0, 1.0, 0.1]), truth) == 0
    assert prediction.distance(LEVELS, np.array([100.0, 1.0, 0.1]), truth) == pytest.approx(1 / sqrt(3))
    drawn = prediction.check(LEVELS, [0.2, 20.0, 0.5])
    assert drawn.tolist() == [20.0, 0.5, 0.2]
    assert prediction.distance(LEVELS, drawn, truth) == pytest.approx(log10(2))  # a factor of 2, every one
    assert prediction.distance(LEVELS, drawn, truth[::-1]) == pytest.approx(log10(2))
    assert prediction.distance_words(LEVELS, drawn, truth) == "0.30 decades (root mean square)"
    assert prediction.sentence(LEVELS, drawn, truth) == "Your marks lie 0.30 decades off, a factor of 2."
    high = prediction.sentence(LEVELS, truth * 3, truth)
    assert high == "Your marks lie 0.48 decades off, a factor of 3, mostly too high."


def test_curves_are_compared_point_by_point_along_y() -> None:
    assert prediction.distance(CURVE, np.array([10.0, 100.0, 10.0]), np.array([100.0, 10.0, 10.0])) == pytest.approx(
        sqrt(2 / 3)
    )
    drawn, truth = np.array([1.0, 2.0, 3.0]), np.array([4.0, 2.0, 7.0])
    assert prediction.distance(LINEAR, drawn, truth) == pytest.approx(5 / sqrt(3))
    assert prediction.sentence(LINEAR, drawn, truth) == "Your curve lies 2.89 off, mostly too low."
    beyond = np.array([4.0, 2.0, 70.0])  # off the axis, where nobody can draw: counts as 10
    assert prediction.distance(LINEAR, drawn, beyond) == pytest.approx(sqrt((9 + 49) / 3))
    assert prediction.places(CURVE).tolist() == [0.0, 10.0, 20.0]
    on_log = replace(CURVE, x=Axis("σ", 100.0, 1.0, log=True))
    np.testing.assert_allclose(prediction.places(on_log), [100.0, 10.0, 1.0])


def test_a_stop_is_so_many_sweeps_early_or_late() -> None:
    for drawn, words in (
        (8.0, "You marked sweep 8; it is 5: 3 too late."),
        (3.0, "You marked sweep 3; it is 5: 2 too early."),
    ):
        assert prediction.sentence(STOP, np.array([drawn]), np.array([5.0])) == words
    assert prediction.distance(STOP, np.array([8.0]), np.array([5.0])) == 3
    assert prediction.distance_words(STOP, np.array([8.0]), np.array([5.0])) == "3 sweeps"
    assert prediction.distance_words(STOP, np.array([6.0]), np.array([5.0])) == "1 sweep"
    assert prediction.sentence(STOP, np.array([5.0]), np.array([5.0])) == "You marked sweep 5, and so it is."
    down = replace(STOP, x=SIGMA)
    assert prediction.sentence(down, np.array([0.1]), np.array([1.0])).endswith("a factor of 10 too late.")
    assert prediction.close(STOP, np.array([6.0]), np.array([5.0]))
    assert not prediction.close(STOP, np.array([7.0]), np.array([5.0]))


@pytest.mark.parametrize(
    "values", [None, "123", [1.0, 2.0], [1.0, 2.0, 90.0], [1.0, 2.0, float("nan")], [1.0, 2.0, "x"], [1.0, 2.0, None]]
)
def test_what_is_no_drawing_is_refused_in_a_sentence(values: object) -> None:
    with pytest.raises(ValueError, match=r"must (be|have)"):
        prediction.check(LEVELS, values)
    assert not _usable({"values": values, "set": [True, True, True]}, LEVELS)


def test_what_is_revealed_must_fit_the_marks() -> None:
    with pytest.raises(ValueError, match="3 numbers"):
        prediction.revealed(LEVELS, np.ones(2))
    with pytest.raises(ValueError, match="3 numbers"):
        prediction.revealed(LEVELS, np.array([1.0, np.nan, 2.0]))


def test_a_drawing_counts_once_a_hand_has_set_enough_of_it() -> None:
    assert not _usable({"values": [9.0, 1.0, 0.1], "set": [False] * 3}, LEVELS)
    assert _usable({"values": [9.0, 1.0, 0.1], "set": [False, True, False]}, LEVELS)
    assert not _usable({"values": [9.0, 1.0, 1.1], "set": [False, True, False]}, CURVE)
    assert _usable({"values": [9.0, 1.0, 1.1], "set": [True, False, True]}, CURVE)
    assert not _usable({"values": [9.0, 1.0, 1.1], "set": "yes"}, CURVE)


def test_the_truth_reaches_the_browser_only_once_it_is_revealed_beside_a_drawing() -> None:
    truth, drawn = np.array([0.1, 10.0, 1.0]), np.array([20.0, 2.0, 0.2])
    sent = {"values": drawn.tolist(), "set": [True] * 3}
    assert _payload(LEVELS, None, None, truth)["truth"] is None
    assert _payload(LEVELS, sent, drawn, None)["truth"] is None
    shown = _payload(LEVELS, sent, drawn, truth)
    assert shown["truth"] == [10.0, 1.0, 0.1]
    assert shown["distance"] == "0.30 decades (root mean square)"
    assert _id(LEVELS) != _id(replace(LEVELS, x=replace(SIGMA, end=0.01)))
    assert set(HOW) == {"levels", "curve", "stop"}
