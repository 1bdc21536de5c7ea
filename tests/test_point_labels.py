"""Labels of points: each on a side where it lies neither over another nor over another point."""

import numpy as np
import pytest

from ays_toy.figures import point_labels
from ays_toy.ui.evidence import EvidenceView, cost_figure, figures, kinds


def covered(points: np.ndarray, words: list[str], sides: list[str]) -> float:
    """The most that others cover of any label, in square pixels."""
    middles = points * point_labels.SMALLEST
    lie = np.array(
        [
            point_labels.boxes(middle, point_labels.LETTER * len(word))[list(point_labels.SIDES).index(side)]
            for middle, word, side in zip(middles, words, sides, strict=True)
        ]
    )
    return max(float(point_labels.covered(lie[[one]], np.delete(lie, one, axis=0))[0]) for one in range(len(words)))


def test_a_label_with_room_is_on_the_right_and_near_the_edge_on_the_left():
    points = np.array([[0.2, 0.5], [0.97, 0.2]])
    assert point_labels.sides(points, ["AYS", "Automatic choice"]) == ["middle right", "middle left"]


@pytest.mark.parametrize("apart", [0.0, 0.01, 0.02])
def test_labels_of_points_that_nearly_meet_lie_apart(apart):
    points, words = np.array([[0.5, 0.5], [0.5 + apart, 0.5 - apart]]), ["KLUB optimum", "Entropic"]
    assert covered(points, words, ["middle right"] * 2) > 100
    assert covered(points, words, point_labels.sides(points, words)) == 0


def test_labels_that_have_no_room_at_all_have_a_side_nevertheless():
    points = np.full((30, 2), 0.5)
    assert set(point_labels.sides(points, ["Automatic choice"] * 30)) <= set(point_labels.SIDES)


@pytest.mark.parametrize("kind", [kind for kind in kinds() if EvidenceView(kind=kind).points])
def test_in_the_study_no_label_of_what_a_search_costs_lies_over_another(kind):
    for judged in figures(kind):
        figure = cost_figure(EvidenceView(kind=kind, judged=judged))
        ends = np.array([figure.layout.xaxis.range, figure.layout.yaxis.range])
        points = np.array([[np.log10(one.x[0]), np.log10(one.y[0])] for one in figure.data])
        shares = (points - ends[:, 0]) / np.ptp(ends, axis=1)
        words, sides = [one.text[0] for one in figure.data], [one.textposition for one in figure.data]
        assert covered(shares, words, sides) < 0.1 * covered(shares, words, ["middle right"] * len(words))
