"""The search and the training as they are watched: stopped and taken up again, they end where they would have."""

import dataclasses
from concurrent.futures import Future
from itertools import count, pairwise

import numpy as np
import pytest
import torch

from ays_toy.models.networks import NetworkConfig
from ays_toy.models.training import TrainingConfig
from ays_toy.runs import finding, live_search, live_training
from ays_toy.runs.comparison import Model
from ays_toy.runs.live_search import SearchConfig, refinement, search
from ays_toy.runs.live_training import LessonConfig, lesson
from ays_toy.sampling.schedules import edm

CONFIG = SearchConfig(Model("grid-4x4"), steps=4, samples=256, patience=2)
TINY = TrainingConfig(network=NetworkConfig(width=16, depth=2), steps=150, batch=64)


@pytest.fixture(autouse=True, scope="module")
def quick():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_search, "HELD_OUT", 1024)
        patch.setattr(live_training, "SAMPLES", 512)
        patch.setattr(live_training, "PATHS", 256)
        yield


@pytest.fixture(scope="module")
def whole(quick):  # noqa: ARG001

    return list(search(CONFIG))


def test_a_search_is_scored_stopped_by_the_rule_and_goes_on_to_rest(whole):
    last = whole[-1]
    assert last.rested
    assert last.sweeps[-1].moved == 0
    assert [len(state.sweeps) for state in whole] == list(range(1, len(last.sweeps) + 1))
    assert [sweep.index for sweep in last.sweeps] == list(range(len(last.sweeps)))
    assert np.array_equal(last.sweeps[0].sigmas, edm(4))
    scores = [sweep.score.value for sweep in last.sweeps]
    marks = [state.stop for state in whole]
    known = marks.index(last.stop)
    assert set(marks[:known]) <= {None}, "no mark before the rule has one"
    assert set(marks[known:]) == {last.stop}, "the mark never moves"
    assert scores[last.stop] == min(scores[: known + 1])
    assert list(last.seconds) == sorted(last.seconds)


@pytest.mark.parametrize("turn", [0, 1, 5, 13])
def test_a_search_stopped_at_any_level_goes_on_to_the_same_end(whole, turn):
    asked, stopped = 0, False

    def stop():
        nonlocal asked, stopped
        stopped = stopped or asked == turn
        asked += 1
        return stopped

    paused, states = 0, []
    for state in search(CONFIG, stop):
        paused, stopped = paused + stopped, False
        states.append(state)
    assert paused == 1
    for ours, theirs in zip(states[-1].sweeps, whole[-1].sweeps, strict=True):
        assert np.array_equal(ours.sigmas, theirs.sigmas)
        assert (ours.index, ours.moved, ours.calls) == (theirs.index, theirs.moved, theirs.calls)
        assert (ours.klub.value, ours.klub.stderr) == (theirs.klub.value, theirs.klub.stderr)
        assert ours.score == theirs.score
    marks = [state.stop for state in states if state.stop is not None]
    assert set(marks) == {whole[-1].stop}
    assert states[-1].rested


def test_a_search_is_asked_to_stop_before_every_level_and_tells_what_it_placed():
    states, told = [], []

    def stop():
        told.append(states[-1].place.now)
        return False

    for state in search(CONFIG, stop):
        assert state.place.now is None
        states.append(state)
    assert [now and now[0] for now in told] == [None, 3, 2] * (len(states) - 1)  # from low noise up
    for k, now in enumerate(told):
        if now:
            index, levels = now
            assert levels[index] == states[-1].sweeps[1 + k // 3].sigmas[index]


def test_a_search_that_stays_stopped_ends(whole):
    assert len(list(search(CONFIG, lambda: True))[-1].sweeps) == 1
    assert len(whole) > 1


def test_the_later_stages_keep_the_chosen_levels(whole):
    chosen = whole[-1].sweeps[whole[-1].stop].sigmas
    *_, state = refinement(CONFIG, chosen)
    last = state.sweeps[-1]
    assert last.sigmas.size == 4 * 4 + 1
    assert np.array_equal(last.sigmas[::4], chosen)
    assert last.stage == 2
    *_, state = refinement(CONFIG, chosen, lambda: True)  # of the first stage alone
    (start,) = state.sweeps
    assert (start.stage, start.index, start.moved, start.sigmas.size) == (1, 0, 4, 2 * 4 + 1)


@pytest.mark.parametrize("turn", [0, 3, 12])
def test_a_refinement_stopped_in_either_stage_goes_on_to_the_same_end(whole, turn):
    chosen = whole[-1].sweeps[whole[-1].stop].sigmas
    *_, expected = refinement(CONFIG, chosen)
    asked, stopped, paused = count(), False, 0

    def stop():
        nonlocal stopped
        stopped = stopped or next(asked) == turn
        return stopped

    for state in refinement(CONFIG, chosen, stop):
        paused, stopped, last = paused + stopped, False, state
    assert paused == 1
    for ours, theirs in zip(last.sweeps, expected.sweeps, strict=True):
        assert np.array_equal(ours.sigmas, theirs.sigmas)
        assert (ours.stage, ours.calls) == (theirs.stage, theirs.calls)


def test_the_price_of_the_stop_counts_the_sweeps_that_showed_it(whole):
    last = whole[-1]
    found = finding.stopped(CONFIG, last)
    shown = min(last.stop + CONFIG.patience, len(last.sweeps) - 1)
    assert found.calls == last.sweeps[shown].calls + (shown + 1) * CONFIG.held_out * 4
    assert finding.stopped(CONFIG, whole[0]) is None


@pytest.mark.parametrize(
    "wrong", [{"solver": "lms"}, {"start": "ays"}, {"metric": "beauty"}, {"steps": 1}, {"samples": 1}]
)
def test_a_search_that_cannot_be_is_said_at_once(wrong):
    with pytest.raises(ValueError, match=r"\.$"):
        dataclasses.replace(CONFIG, **wrong)


def test_a_lesson_shows_curves_pictures_the_field_and_in_the_end_the_calibration():
    states = list(lesson(LessonConfig("ring-8", TINY)))
    last = states[-1]
    assert [state.share for state in states] == [0.0, 1 / 3, 2 / 3, 1.0]
    assert last.steps == (0, 50, 100, 150)
    assert last.excesses[-1] < last.excesses[0]
    assert np.isfinite(last.losses[1:]).all()
    assert [state.calibration is not None for state in states] == [False] * 3 + [True]
    assert [picture.step for picture in last.pictures] == [0, 50, 100, 150]
    for picture in last.pictures:
        assert picture.image.shape == (live_training.BINS, live_training.BINS)
        assert abs(picture.image.sum() - 1) < 0.2
    assert [frame.sigma for frame in last.field.frames] == list(live_training.FIELD_SIGMAS)
    assert last.field.frames[8].error < states[0].field.frames[8].error


def test_a_lesson_that_was_stopped_goes_on_as_if_it_never_had():
    config = LessonConfig("ring-8", dataclasses.replace(TINY, steps=300))
    *_, whole = lesson(config)
    asked, wanted, states = count(), True, []

    def stop():
        nonlocal wanted
        wanted = wanted and next(asked) != 72  # before step 70: the lesson itself has asked at steps 0 and 50
        return not wanted

    for state in lesson(config, stop):
        wanted = True
        states.append(state)
    stopped, last = next(state for state in states if state.steps[-1] == 70), states[-1]
    assert stopped.calibration is not None
    assert [picture.step for picture in stopped.pictures] == [0, 50, 70]
    assert all(torch.equal(whole.weights[name], last.weights[name]) for name in whole.weights)
    curves = [
        dict(zip(state.steps, zip(state.losses, state.excesses, strict=True), strict=True)) for state in (whole, last)
    ]
    assert curves[1].keys() == curves[0].keys() | {70}
    np.testing.assert_equal({step: curves[1][step] for step in curves[0]}, curves[0])
    images = [{picture.step: picture.image for picture in state.pictures} for state in (whole, last)]
    assert images[1].keys() == images[0].keys() | {70}
    assert all(np.array_equal(images[1][step], image) for step, image in images[0].items())
    np.testing.assert_array_equal(last.calibration.gap, whole.calibration.gap)


def test_training_waits_for_no_look_but_the_first_and_the_last():
    waiting, states = [], []

    def later(work, *arguments):
        future = Future()
        waiting.append(lambda: future.set_result(work(*arguments)))
        if len(waiting) in (1, 4):  # the first; the last, of step 150, by when all are to be there
            for take in waiting if len(waiting) == 1 else waiting[1:]:
                take()
        return future

    for state in lesson(LessonConfig("ring-8", TINY), submit=later):
        states.append((state.share, state.steps, [picture.step for picture in state.pictures]))
    assert states == [
        (0.0, (0,), [0]),
        (1 / 3, (0,), [0]),
        (2 / 3, (0,), [0]),
        (1.0, (0, 50, 100, 150), [0, 50, 100, 150]),
    ]


def test_a_long_run_is_looked_at_more_and_more_seldom():
    due = live_training.Due(50, 1.1)
    steps = [step for step in range(0, 4001, 50) if due.now(step)]
    assert steps[:5] == [0, 50, 100, 150, 200]
    assert len(steps) < 40
    assert max(after / before for before, after in pairwise(steps[10:])) < 1.2


def test_a_lesson_may_begin_from_the_weights_that_ship():
    config = LessonConfig("ring-8", dataclasses.replace(TINY, network=NetworkConfig()), "pretrained")
    first, *_, last = lesson(config)
    assert first.excesses[0] < 0.01
    assert max(last.excesses) < 0.1  # and a high learning rate does not throw it away
    with pytest.raises(ValueError, match="width 128 and depth 3"):
        LessonConfig("ring-8", TINY, "pretrained")
    with pytest.raises(ValueError, match="Unknown data set"):
        LessonConfig("grid-9x9", TINY)
