"""A pass over images: interrupted, taken up, shared, it gives one matrix; and the schedules found with it."""

from dataclasses import replace
from itertools import count, islice

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from ays_toy import images, names, optimize
from ays_toy.cli import app
from ays_toy.cli.common import console
from ays_toy.data.denoisers import GaussianDenoiser
from ays_toy.images import collect, labeled, optimizing, sources
from ays_toy.images.baselines import baselines
from ays_toy.images.distributed import Team
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.scores import FIGURES, Judge
from ays_toy.metrics import Estimate
from ays_toy.optimize.candidates import shifted
from ays_toy.pricing.klub import gaussian_klub

C, DIM = 0.5, 2 * 3 * 3


class Counting:
    """An exact denoiser of Gaussian images that counts the rows it is given."""

    def __init__(self) -> None:
        self.exact, self.rows = GaussianDenoiser(C), 0

    def __call__(self, x, sigma):
        self.rows += len(x)
        return self.exact(x, sigma)


def gaussian_model(**changes) -> ImageModel:
    model = ImageModel(
        name="gaussian",
        title="Gaussian images",
        denoiser=Counting(),
        shape=(2, 3, 3),
        sigma_min=0.02,
        sigma_max=20.0,
        sigma_data=C,
        encode=None,
        decode=None,
        training_sigmas=None,
        device=torch.device("cpu"),
        dtype=torch.float32,
        batch=64,
        prediction="sample",
    )
    return replace(model, **changes)


@pytest.fixture
def x0() -> torch.Tensor:
    return C * torch.randn(40, 2, 3, 3, generator=torch.Generator().manual_seed(0))


GRID = np.geomspace(20.0, 0.02, 12)


def test_the_matrix_prices_schedules_of_gaussian_images_exactly():
    model = gaussian_model()
    x0 = C * torch.randn(1024, *model.shape, generator=torch.Generator().manual_seed(1))
    gram = collect.collect(model, x0, collect.grid_for(model), seed=1)
    klub = gram.price(baselines(model, 8)["logsnr"])
    exact = gaussian_klub(baselines(model, 8)["logsnr"], C, DIM)
    assert abs(klub.value - exact) < 3 * klub.stderr
    assert klub.stderr < 0.05 * exact


def test_an_interrupted_pass_goes_on_where_it_was_and_gives_the_same_matrix(x0, tmp_path):
    whole = collect.collect(gaussian_model(), x0, GRID, batch=8)
    path, first = tmp_path / "pass.safetensors", gaussian_model()
    stopped = list(islice(collect.stream(first, x0, GRID, batch=8, checkpoint=path), 4))  # the start, and three batches
    assert [state.done for state in stopped] == [0, 1, 2, 3]
    again = gaussian_model()
    *_, last = collect.stream(again, x0, GRID, batch=8, checkpoint=path)
    assert (last.resumed, last.total) == (3, 5)
    assert again.denoiser.rows == 2 * 8 * 12 + 2  # two batches, and the two rows that tell models apart
    np.testing.assert_array_equal(last.gram.moments, whole.moments)
    np.testing.assert_array_equal(last.gram.counts, whole.counts)
    assert [p.name for p in tmp_path.iterdir()] == ["pass.safetensors"]


def test_a_batch_does_not_depend_on_the_ones_before_it(x0):
    whole = collect.collect(gaussian_model(), x0, GRID, batch=8)
    some = collect.collect(gaussian_model(), x0[:16], GRID, batch=8)
    np.testing.assert_array_equal(whole.moments[:2], some.moments)
    assert not np.array_equal(whole.moments, collect.collect(gaussian_model(), x0, GRID, batch=8, seed=1).moments)


def test_a_team_shares_the_batches(x0, tmp_path):
    """Each process in turn; what the first leaves on disk the second takes up, whatever their number."""

    class Deaf(Team):
        def wait(self):
            pass

        def sum(self, values):
            return values

    whole = collect.collect(gaussian_model(), x0, GRID, batch=8)
    parts = [
        list(collect.stream(gaussian_model(), x0, GRID, batch=8, team=Deaf(rank, 2)))[-1].gram for rank in range(2)
    ]
    np.testing.assert_array_equal(parts[0].moments + parts[1].moments, whole.moments)
    path = tmp_path / "pass.safetensors"
    second = collect.stream(gaussian_model(), x0, GRID, batch=8, checkpoint=path, team=Deaf(1, 2))
    assert [state.done for state in islice(second, 3)] == [0, 1, 2]
    assert [p.name for p in tmp_path.iterdir()] == ["pass.safetensors.rank1"]
    *_, last = collect.stream(gaussian_model(), x0, GRID, batch=8, checkpoint=path)
    assert last.resumed == 2
    np.testing.assert_array_equal(last.gram.moments, whole.moments)
    assert [p.name for p in tmp_path.iterdir()] == ["pass.safetensors"]


@pytest.mark.parametrize("change", ["seed", "data", "grid", "weights", "damage"])
def test_a_checkpoint_of_something_else_is_set_aside_with_a_sentence(x0, tmp_path, change):
    path, said = tmp_path / "pass.safetensors", []
    collect.collect(gaussian_model(), x0, GRID, batch=8, checkpoint=path)
    model, images_now, grid, seed = gaussian_model(), x0, GRID, 0
    if change == "seed":
        seed = 1
    elif change == "data":
        images_now = x0 + 0.01
    elif change == "grid":
        grid = GRID[1:]
    elif change == "weights":
        model = gaussian_model(denoiser=GaussianDenoiser(0.6))
    else:
        path.write_bytes(path.read_bytes()[:-100])
    *_, last = collect.stream(model, images_now, grid, batch=8, seed=seed, checkpoint=path, say=said.append)
    assert last.resumed == 0
    fresh = collect.collect(model, images_now, grid, batch=8, seed=seed)
    np.testing.assert_array_equal(last.gram.moments, fresh.moments)
    assert len(said) == 1
    assert "set aside as pass.safetensors.aside" in said[0]
    assert (tmp_path / "pass.safetensors.aside").is_file()


def test_a_last_batch_of_one_image_joins_the_one_before(x0):
    gram = collect.collect(gaussian_model(), x0[:17], GRID, batch=8)
    assert list(gram.counts) == [8, 9]


def test_images_of_another_shape_and_folders_that_are_not_there_are_sentences(x0, tmp_path):
    with pytest.raises(ValueError, match=r"\[N, 2, 3, 3\]"):
        collect.collect(gaussian_model(), x0[:, :1], GRID)
    with pytest.raises(ValueError, match="There is no folder"):
        collect.collect(gaussian_model(), x0, GRID, checkpoint=tmp_path / "none" / "pass.safetensors")


def test_few_paths_cost_little_and_more_cost_less():
    model = images.load("digits", device="cpu")
    source = sources.find(model, 256)
    gram = collect.collect(model, source.x0, collect.grid_for(model, 24), seed=3)
    rows = collect.how_few(gram, 4)
    assert [row.paths for row in rows] == [32, 64, 128]
    assert rows[-1].regret[2.0] < 0.03
    assert rows[-1].klub.stderr < 0.1 * rows[-1].klub.value


def test_a_folder_of_images_is_fitted_and_said_to_be(tmp_path):
    model = images.load("digits", device="cpu")
    with pytest.raises(ValueError, match="holds no images"):
        sources.find(model, 4, folder=tmp_path)
    gray = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    Image.fromarray(gray).save(tmp_path / "a.png")
    Image.fromarray(np.full((20, 12, 3), 255, np.uint8)).save(tmp_path / "b.jpg")
    found = sources.find(model, 4, folder=tmp_path)
    assert "1 cropped to the middle and scaled to 8×8" in found.about
    torch.testing.assert_close(found.x0[0, 0], torch.as_tensor(gray / 127.5 - 1, dtype=torch.float32))
    torch.testing.assert_close(found.x0[1], torch.ones(1, 8, 8))
    (tmp_path / "c.png").write_bytes(b"not an image")
    with pytest.raises(ValueError, match=r"^c\.png is not a PNG, JPEG, WEBP or BMP image: save it as one of these\.$"):
        sources.find(model, 4, folder=tmp_path)
    with pytest.raises(ValueError, match="There is no folder"):
        sources.find(model, 4, folder=tmp_path / "none")


def test_images_are_encoded_at_the_size_that_the_model_decodes_to(tmp_path):
    model = gaussian_model(
        encode=lambda p: torch.nn.functional.avg_pool2d(p, 2)[:, :2],
        decode=lambda x: torch.nn.functional.interpolate(torch.cat([x, x[:, :1]], 1), scale_factor=2.0),
    )
    for name, value in (("a", 0), ("b", 255)):
        Image.fromarray(np.full((6, 6, 3), value, np.uint8)).save(tmp_path / f"{name}.png")
    found = sources.find(model, 8, folder=tmp_path)
    assert found.x0.shape == (2, 2, 3, 3)
    assert "cropped" not in found.about


def test_without_data_the_models_own_samples_are_taken():
    found = sources.find(gaussian_model(), 300)
    assert "own many-step samples" in found.about
    assert float(found.x0.std()) == pytest.approx(C, rel=0.05)


def test_digits_repeat_only_when_more_paths_than_images_are_asked_for():
    model = images.load("digits", device="cpu")
    assert len(sources.find(model, 1437).x0.flatten(1).unique(dim=0)) == len(
        labeled.data("digits")[0].flatten(1).unique(dim=0)
    )
    assert len(sources.find(model, 1500).x0) == 1500


@pytest.mark.parametrize("plan", [optimize.NEAR, optimize.WIDE])
def test_by_either_plan_the_choice_finds_what_a_known_score_likes_and_is_never_worse_than_a_baseline(plan, x0):
    model = gaussian_model()
    gram = collect.collect(model, x0, collect.grid_for(model, 32))
    base = baselines(model, 6)["cosine"]
    best = optimize.blend(base, optimize.optimum(gram, 6, 2.0), 0.5)
    asked: list[tuple[int, int]] = []

    def score(sigmas, samples, seed):
        asked.append((samples, seed))
        return Estimate(float(np.abs(np.log(sigmas / best)).mean()), 0.0)

    rounds = tuple((10 * k, keep) for k, (_, keep) in enumerate(plan.rounds, start=1))
    plan = replace(plan, rounds=rounds, effort=None)

    def chosen(score) -> optimize.Choice:
        subject = optimize.Subject("ddim", baselines(model, 6), gram, FIGURES["frechet-pixels"], score)
        after = list(optimize.choices(subject, plan, count(5)))
        assert [len(choice.rounds) for choice in after] == list(range(1, len(plan.rounds) + 1))
        return after[-1]

    choice = chosen(score)
    assert choice.best.score.value < 0.6 * choice.baseline.score.value
    assert choice.baseline.is_baseline
    assert choice.baseline.samples == choice.best.samples == 10 * len(plan.rounds)
    assert set(asked) == {(10 * k, 4 + k) for k in range(1, len(plan.rounds) + 1)}, "every round has its own noise"

    def likes_cosine(sigmas, _samples, _seed):
        return Estimate(float(np.abs(np.log(sigmas / base)).mean()), 0.0)

    choice = chosen(likes_cosine)
    assert choice.best.title == "Cosine"
    assert choice.reason == "The baseline Cosine did best: Fréchet distance in pixels 0."


def test_shifted_levels_keep_their_order_and_the_ends():
    sigmas = baselines(gaussian_model(), 6)["edm"]
    share = np.array([0.9, 0.9, 0.5, 0.0, 0.0, 0.9, 0.9])
    up, down = shifted(sigmas, share, True), shifted(sigmas, share, False)
    for moved in (up, down):
        assert (np.diff(moved) < 0).all()
        np.testing.assert_array_equal(moved[[0, 3, 4, 6]], sigmas[[0, 3, 4, 6]])
    assert up[2] == pytest.approx(np.sqrt(sigmas[1] * sigmas[2]))
    assert down[2] == pytest.approx(np.sqrt(sigmas[3] * sigmas[2]))


@pytest.mark.parametrize("method", names.METHODS)
def test_every_method_finds_a_schedule_of_the_models_range(method):
    model = images.load("digits", device="cpu")
    source = sources.find(model, 32)
    gram = collect.collect(model, source.x0, collect.grid_for(model, 24))
    plan = replace(optimize.NEAR, rounds=((40, 1),) * 4, effort=optimize.Effort(3, 40))
    search = optimizing.Search("dpmpp-2m", 3, method, "frechet-pixels", plan=plan, start="time-uniform")
    *_, found = optimizing.find(Judge(model), gram, source.x0, search)
    assert found.sigmas.size == 4
    assert found.sigmas[0] == pytest.approx(model.sigma_max)
    assert found.sigmas[-1] == pytest.approx(model.sigma_min)
    assert (np.diff(found.sigmas) < 0).all()
    if method == "klub-optimum":
        for other in baselines(model, 3).values():
            assert gram.klub(found.sigmas) <= gram.klub(other) * 1.001


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--method", "best"], "Unknown method 'best'"),
        (["--figure", "distance"], "adds noise of its own"),
        (["--paths", "1"], "The number of paths"),
        (["--steps", "99"], "The number of steps"),
        (["--samples", "10"], "The number of samples"),
        (["--refine", "-1"], "The number of iterations"),
        (["--data", "nowhere"], "There is no folder nowhere"),
        (["--checkpoint", "nowhere/pass"], "There is no folder nowhere"),
        (["--out", "schedule.doc"], "must end in .py, .txt, .workflow.json"),
        (["--prompts", "nowhere.txt"], "cannot be read"),
    ],
)
def test_the_command_says_in_a_sentence_what_to_change(words, sentence, monkeypatch):
    monkeypatch.setattr(console, "width", 200)
    ran = CliRunner().invoke(app, ["image", "optimize", "digits", *words])
    assert ran.exit_code == 2
    assert sentence in " ".join(ran.output.replace("│", " ").split())


def test_the_choice_is_printed_beside_the_baselines_and_compared_from_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr(console, "width", 200)
    out, few = tmp_path / "schedule.json", ["--steps", "3", "--solver", "ddim", "--samples", "40"]
    quick = ["--paths", "16", "--levels", "16", "--refine", "2"]
    ran = CliRunner().invoke(app, ["image", "optimize", "digits", *few, *quick, "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    assert "round 5" in ran.output
    assert ran.output.count("all levels together") == 1
    for word in ("Automatic choice", "Time-uniform", "Fréchet distance in pixels", "Distance to many steps"):
        assert word in ran.output
    compared = CliRunner().invoke(app, ["image", "compare", "digits", *few, "--paths", "16", "--schedule", str(out)])
    assert compared.exit_code == 0, compared.output
    assert "Yours: schedule" in compared.output
    assert "KLUB optimum" in compared.output
    out.write_text("{}")
    broken = CliRunner().invoke(app, ["image", "compare", "digits", *few, "--schedule", str(out)])
    assert broken.exit_code == 2
    assert 'has no "sigmas"' in broken.output
