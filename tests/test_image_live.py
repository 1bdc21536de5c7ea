"""A run for an image model as it is watched: stopped within one call of the denoiser and taken up again."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from ays_toy import denoisers
from ays_toy.images import compared, live, loading, published
from ays_toy.images.config import ImageConfig, Which
from ays_toy.images.live import ImageState
from ays_toy.images.models import ImageModel, Origin
from ays_toy.schedules import logsnr

SMALL = {"steps": 3, "samples": 40, "paths": 16, "figure": "frechet-pixels"}


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


@pytest.mark.usefixtures("model")
def test_a_run_prices_chooses_draws_and_measures_every_schedule_on_fresh_seeds() -> None:
    states, last = finished(config(solver="ddim", figure="distance"))
    shares = [state.share for state in states]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert {row.name for row in last.rows} == {
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
        assert row.sigmas.size == 4
        assert (row.sigmas[0], row.sigmas[-1]) == (80.0, 0.01)
        assert set(row.figures) == {"frechet-pixels", "distance"}
        assert row.klub.value >= next(r for r in last.rows if r.name == "klub-optimum").klub.value * (1 - 1e-9)
        assert last.pictures[row.name].shape == (compared.SHOWN, 8, 8, 3)
    assert last.pictures["reference"].shape == (compared.SHOWN, 8, 8, 3)
    ours = next(row for row in last.rows if row.name == "choice")
    assert ours.figures["distance"].value < max(row.figures["distance"].value for row in last.rows)
    _, last = finished(config(solver="ddim"))  # many steps of every noise are not drawn for what does not decide
    assert all(set(row.figures) == {"frechet-pixels"} for row in last.rows)


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("after", [3, 40, 400])
def test_stopped_anywhere_and_taken_up_again_a_run_finds_the_same(after: int) -> None:
    _, whole = finished(config(seed=1))
    asked, asks = 0, []

    def stop() -> bool:
        nonlocal asked
        asked += 1
        asks.append(asked)
        return after < asked <= after + 2  # the call of the denoiser, and whether to end

    states = []
    iterator = live.run(config(seed=1), stop)
    for state in iterator:
        states.append(state)
    assert len(asks) > after
    again = list(live.run(config(seed=1)))[-1]
    for last in (states[-1], again):
        if last.share == 1.0:
            np.testing.assert_array_equal([row.sigmas for row in last.rows], [row.sigmas for row in whole.rows])
            assert [row.figures for row in last.rows] == [row.figures for row in whole.rows]
    assert again.share == 1.0


def test_the_pass_outlives_the_process_and_few_are_kept(model, monkeypatch) -> None:
    calls = 0

    def counted(x, sigma):
        nonlocal calls
        calls += len(x)
        return model.denoiser(x, sigma)

    path = live.checkpoint(config())
    counting = replace(model, denoiser=counted)
    monkeypatch.setattr(loading, "load", lambda *_, **__: counting)
    finished(config())
    assert path.is_file()
    first, calls = calls, 0
    finished(config())
    assert calls <= first - 16 * 64 + 2  # but for the probe that tells models apart
    for k in range(live.MAX_PASSES + 3):
        (path.parent / f"{k}.safetensors").write_bytes(b"")
    live.tidy(path.parent)
    assert len(list(path.parent.iterdir())) == live.MAX_PASSES


@pytest.mark.usefixtures("model")
def test_a_figure_that_the_model_or_the_solver_does_not_have_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="only the digits"):
        finished(config(figure="frechet"))
    with pytest.raises(ValueError, match="adds noise of its own"):
        finished(config(figure="distance", solver="stochastic-ddim"))
    for bad in ({"steps": 1}, {"steps": 99}, {"samples": 3}, {"paths": 1}, {"solver": "euler"}, {"figure": "fid"}):
        with pytest.raises(ValueError, match=r"must be|Unknown"):
            config(**bad)


def test_the_published_schedule_joins_for_the_models_it_was_made_for() -> None:
    sd = replace(gaussian(), sigma_min=0.0292, sigma_max=14.615, origin=Origin("StableDiffusionPipeline", "somewhere"))
    named = compared.named(sd, None, 10)
    np.testing.assert_allclose(named["published"][1:-1], published.get("sd15").sigmas[1:-1])
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
