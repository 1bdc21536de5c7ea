"""A run for an image model as it is watched: stopped within one call of the denoiser and taken up again."""

import pickle
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from ays_toy.data import denoisers
from ays_toy.images import compared, live, loading, published, scores
from ays_toy.images.config import ImageConfig, Which, described
from ays_toy.images.live import ImageState
from ays_toy.images.pipelines.models import ImageModel, Origin
from ays_toy.sampling.schedules import logsnr

SMALL = {"steps": 3, "samples": 40, "paths": 16, "iterations": 2, "figure": "frechet-pixels"}


def gaussian(name: str = "digits", **more) -> ImageModel:
    """Images of independent Gaussian pixels: a model in closed form, so that a run takes no time."""
    plain = denoisers.GaussianDenoiser(0.5)
    return ImageModel(
        name,
        "Gaussian images",
        plain,
        (1, 8, 8),
        0.01,
        80.0,
        0.5,
        None,
        None,
        logsnr(999, 0.01, 80.0),
        torch.device("cpu"),
        torch.float32,
        256,
        "epsilon",
        **more,
    )


@pytest.fixture
def model(monkeypatch, tmp_path) -> Iterator[ImageModel]:
    monkeypatch.setenv("AYS_EXPLORER_HOME", str(tmp_path))
    one = gaussian("made-up")
    monkeypatch.setattr(loading, "load", lambda *_, **__: one)
    return one


def finished(config: ImageConfig) -> tuple[list[ImageState], ImageState]:
    states = list(live.run(config))
    return states, states[-1]


def config(**more) -> ImageConfig:
    return ImageConfig(Which("made-up"), **SMALL | more)


def test_a_model_that_takes_its_time_can_be_stopped_and_gone_on_with_and_has_a_limit(model, monkeypatch) -> None:
    gate, loads = threading.Event(), []

    def load(*_, **__) -> ImageModel:
        loads.append(gate.wait(20))
        return model

    monkeypatch.setattr(loading, "load", load)
    monkeypatch.setattr(live, "LOOK", 0.01)
    run = live.run(config())
    states = list(islice(run, 5))
    assert {(state.stage, state.model) for state in states} == {("Loading the model", None)}
    gate.set()
    assert next(state for state in run if state.model).model.name == model.name
    assert len(loads) == 1
    gate.clear()
    monkeypatch.setattr(live, "LONGEST_LOAD", 0.06)
    with pytest.raises(ValueError, match=r"^made-up was not loaded within 0 minutes\. What has been"):
        list(live.run(config()))
    gate.set()


def test_what_another_process_is_sent_is_all_but_the_network_and_one_more_schedule_is_measured_by_it(model) -> None:
    _, here = finished(config(method="ays"))
    assert here.gram is not None
    there = pickle.loads(pickle.dumps(here))
    assert there.judge is None
    assert not isinstance(there.model.denoiser, denoisers.GaussianDenoiser)
    x = torch.ones(2, 1, 8, 8)
    torch.testing.assert_close(there.model.denoiser(x, 1.0), model.denoiser(x, 1.0))
    np.testing.assert_array_equal(there.gram.moments, here.gram.moments)
    one = there.named["edm"]
    *_, measured = live.measure(config(), described(Which("made-up"), there.model), there.gram, one)
    expected = next(row for row in here.rows if row.schedule.name == "edm")
    assert measured.rows[0].metrics == expected.metrics


@pytest.mark.usefixtures("model")
def test_a_run_prices_chooses_draws_and_measures_every_schedule_on_fresh_seeds() -> None:
    states, last = finished(config(solver="ddim", figure="distance"))
    shares = [state.share for state in states]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert {row.schedule.name for row in last.rows} == {
        "choice",
        "klub-optimum",
        "edm",
        "logsnr",
        "time-uniform",
        "time-quadratic",
        "cosine",
        "gaussian",
    }
    for row in last.rows:
        assert row.schedule.sigmas.size == 4
        assert (row.schedule.sigmas[0], row.schedule.sigmas[-1]) == (80.0, 0.01)
        assert set(row.metrics) == {"frechet-pixels", "distance"}
        assert row.klub.value >= next(r for r in last.rows if r.schedule.name == "klub-optimum").klub.value * (1 - 1e-9)
        assert last.pictures[row.schedule.name].shape == (compared.SHOWN, 8, 8, 3)
    assert last.pictures["reference"].shape == (compared.SHOWN, 8, 8, 3)
    ours = next(row for row in last.rows if row.schedule.name == "choice")
    assert ours.metrics["distance"].value < max(row.metrics["distance"].value for row in last.rows)
    _, last = finished(config(solver="ddim"))  # many steps of every noise are not drawn for what does not decide
    assert all(set(row.metrics) == {"frechet-pixels"} for row in last.rows)


class Counted:
    """Runs of one model in folders of their own, by how many images they denoise."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.model, self.monkeypatch, self.folder, self.images = gaussian("made-up"), monkeypatch, folder, 0
        monkeypatch.setattr(loading, "load", lambda *_, **__: replace(self.model, denoiser=self))
        monkeypatch.setattr(scores, "REFERENCE_SAMPLES", 256)

    def __call__(self, x: torch.Tensor, sigma: float) -> torch.Tensor:
        self.images += len(x)
        return self.model.denoiser(x, sigma)

    def run(self, home: str, stop: Callable[[], bool] = lambda: False) -> tuple[list[ImageState], int]:
        """All states of a run, and how many images it denoised; the passes are kept in that folder."""
        self.monkeypatch.setenv("AYS_EXPLORER_HOME", str(self.folder / home))
        self.images = 0
        return list(live.run(config(seed=1), stop)), self.images


@pytest.fixture
def counted(monkeypatch, tmp_path) -> Counted:
    return Counted(monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[list[ImageState], int]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        return Counted(monkeypatch, tmp_path_factory.mktemp("whole")).run("here")


class Asked:
    """A `stop` that says yes at some of the times it is asked, the first being 1."""

    def __init__(self, *yes: int) -> None:
        self.yes, self.times = yes, 0

    def __call__(self) -> bool:
        self.times += 1
        return self.times in self.yes


def same(one: ImageState, other: ImageState) -> bool:
    return _rows(one) == _rows(other)


def _rows(state: ImageState) -> list[object]:
    return [(row.schedule.name, row.schedule.levels, row.metrics) for row in state.rows]


# Images that the parts of a run take: the model's own samples where there are no data, the pass, what samples are held
# against, one schedule's samples, of which the last round has twice as many; and what tells models apart wherever a
# run begins or goes on.
OWN, PASS, REFERENCE, ROW, PROBE = 16 * 100, 16 * 64, 256 * 100, 40 * 3, 2


@pytest.mark.parametrize(
    ("at", "cut"), [(50, OWN), (130, PASS), (250, REFERENCE), (330, ROW), (390, 2 * ROW), (420, ROW)]
)
def test_stopped_anywhere_and_told_to_go_on_a_run_does_again_only_what_was_cut(counted, whole, at, cut) -> None:
    whole_states, images = whole
    states, more = counted.run("stopped", stop := Asked(at))
    assert stop.times > at + 1, "it was stopped, asked whether to end, and went on"
    assert whole_states[-1].share == states[-1].share == 1.0
    assert same(states[-1], whole_states[-1])
    assert images <= more <= images + cut + PROBE


@pytest.mark.parametrize("at", [170, 300, 390])  # all after the pass, which is what outlives a run
def test_a_run_that_stays_stopped_ends_and_another_one_finds_the_same(counted, whole, at) -> None:
    whole_states, images = whole
    states, _ = counted.run("stopped", Asked(at, at + 1))
    assert states[-1].share < 1.0
    assert len(states) < len(whole_states)
    again, rest = counted.run("stopped")
    assert again[-1].share == 1.0
    assert same(again[-1], whole_states[-1])
    assert rest == images - PASS


def test_the_pass_outlives_the_process_and_few_are_kept(counted) -> None:
    _, first = counted.run("here")
    path = live.checkpoint(config(seed=1))
    assert path.is_file()
    _, second = counted.run("here")
    assert second == first - PASS
    for k in range(live.MAX_PASSES + 3):
        (path.parent / f"{k}.safetensors").write_bytes(b"")
    live.tidy(path.parent)
    assert len(list(path.parent.iterdir())) == live.MAX_PASSES


@pytest.mark.usefixtures("model")
def test_a_figure_that_the_model_or_the_solver_does_not_have_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="only the bundled models"):
        finished(config(figure="frechet"))
    with pytest.raises(ValueError, match="adds noise of its own"):
        finished(config(figure="distance", solver="stochastic-ddim"))
    for bad in ({"steps": 1}, {"steps": 99}, {"samples": 3}, {"paths": 1}, {"solver": "lms"}, {"figure": "fid"}):
        with pytest.raises(ValueError, match=r"must be|Unknown"):
            config(**bad)


def test_the_published_schedule_joins_for_the_models_it_was_made_for() -> None:
    sd = replace(gaussian(), sigma_min=0.0292, sigma_max=14.615, origin=Origin("StableDiffusionPipeline", "somewhere"))
    named = compared.named(sd, None, 10)
    np.testing.assert_allclose(named["published"].sigmas[1:-1], published.get("sd15").sigmas[1:-1])
    assert "published" not in compared.named(gaussian(), None, 10)
    assert next(iter(named)) == "published"


def test_pictures_are_bytes_in_colour_and_differences_gray_where_they_agree() -> None:
    model = gaussian()
    x0 = torch.tensor([-2.0, -1.0, 0.0, 1.0, 3.0]).repeat(64, 1).T.reshape(5, 1, 8, 8)
    shown = compared.pictures(model, x0)
    assert shown.shape == (5, 8, 8, 3)
    assert shown[:, 0, 0, 0].tolist() == [0, 0, 128, 255, 255]
    assert (compared.differences(shown, shown) == 128).all()
    assert compared.differences(shown[3:4], shown[1:2]).max() == 255
    colour = compared.pictures(replace(model, shape=(3, 4, 4)), torch.rand(2, 3, 4, 4) * 2 - 1)
    assert (colour[..., 0] != colour[..., 1]).any()
