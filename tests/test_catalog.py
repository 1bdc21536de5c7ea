"""Every name that a page, a link or a command can hold leads to data and a denoiser, or to one sentence."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some

from ays_toy.data.datasets import DATASETS
from ays_toy.data.denoisers import EmpiricalDenoiser
from ays_toy.metrics import evaluate
from ays_toy.models import catalog, checkpoints
from ays_toy.models.networks import MLPDenoiser, NetworkConfig
from ays_toy.models.store import ModelStore, PointStore
from ays_toy.models.training import TrainingConfig, denoiser_from
from ays_toy.runs import comparison, finding, pictures
from ays_toy.runs.comparison import Model

CONFIG = TrainingConfig(network=NetworkConfig(width=16, depth=2), steps=10)
CLOUD = np.random.default_rng(8).normal(size=(300, 2)) * [3.0, 1.0] + [50.0, 0.0]


def weights(seed: int = 0) -> dict[str, torch.Tensor]:
    """Those of a network that is not zero, as it would be before training."""
    generator = torch.Generator().manual_seed(seed)
    state = MLPDenoiser(CONFIG.network, generator).state_dict()
    return {name: value + 0.1 * torch.randn(value.shape, generator=generator) for name, value in state.items()}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("AYS_EXPLORER_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def x(generator) -> torch.Tensor:
    return torch.randn(40, 2, generator=generator)


# --- data -----------------------------------------------------------------------------------------------------------


def test_without_anything_kept_there_are_the_presets():
    assert catalog.datasets() == {name: preset.title for name, preset in DATASETS.items()}
    for name in DATASETS:
        assert catalog.dataset(name) is DATASETS[name]
        assert catalog.models(name) == {"exact": "Exact", "mlp": "Trained MLP"}


def test_own_points_are_data_like_any_other(x):
    PointStore().save("my cloud", CLOUD)
    assert list(catalog.datasets().items())[-1] == ("own:my cloud", "my cloud (your points)")
    assert catalog.models("own:my cloud") == {"exact": "Exact"}
    data = catalog.dataset("own:my cloud")
    assert (data.name, data.title) == ("own:my cloud", "my cloud (your points)")
    expected = (CLOUD - CLOUD.mean(0)) * 0.5 / np.sqrt(CLOUD.var(0).mean())
    np.testing.assert_allclose(data.mixture.means, expected, atol=1e-12)
    exact = catalog.denoiser("own:my cloud", "exact")
    for sigma in (0.05, 1.0):
        torch.testing.assert_close(exact(x, sigma), EmpiricalDenoiser(expected)(x, sigma))


def test_own_points_are_read_once_until_they_change(monkeypatch):
    PointStore().save("mine", CLOUD)
    data, version = catalog.dataset("own:mine"), catalog.version("own:mine", "exact")
    with monkeypatch.context() as patched:
        patched.setattr(PointStore, "load", None)
        assert catalog.dataset("own:mine") is data
    assert catalog.version("own:mine", "exact") == version
    PointStore().save("mine", CLOUD[:50], replace=True)
    assert len(catalog.dataset("own:mine").mixture.means) == 50
    PointStore().delete("mine")
    with pytest.raises(ValueError, match="no saved data set 'mine'"):
        catalog.dataset("own:mine")


@pytest.mark.parametrize("name", ["grid-9x9", "", "own", "mine", "own:gone", "own:", "own:../evil", "own:CON", None, 3])
def test_data_that_are_not_there_are_one_sentence(name):
    for action in (catalog.dataset, lambda data: catalog.check(data, "exact"), Model):
        with pytest.raises(ValueError, match=r"Unknown data set|no saved data set|name must be") as error:
            action(name)
        assert "\n" not in str(error.value)


def test_damaged_points_are_one_sentence_and_gone_from_the_list():
    PointStore().save("mine", CLOUD)
    path = PointStore().folder / "mine.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    assert "own:mine" not in catalog.datasets()
    with pytest.raises(ValueError, match="'mine' is damaged and was set aside"):
        catalog.dataset("own:mine")


# --- denoisers ------------------------------------------------------------------------------------------------------


def test_a_saved_model_belongs_to_the_data_it_was_trained_on(x):
    ModelStore().save("first", weights(), CONFIG, data="moons")
    ModelStore().save("second", weights(), CONFIG, data="own:mine")
    PointStore().save("mine", CLOUD)
    assert list(catalog.models("moons").items())[2:] == [("saved:first", "first (your model)")]
    assert list(catalog.models("own:mine")) == ["exact", "saved:second"]
    assert list(catalog.models("circles")) == ["exact", "mlp"]
    for data, kind in (("moons", "saved:first"), ("own:mine", "saved:second")):
        catalog.check(data, kind)
        assert torch.equal(catalog.denoiser(data, kind)(x, 0.4), denoiser_from(weights(), CONFIG.network)(x, 0.4))
    for action in (catalog.check, catalog.denoiser, Model):
        with pytest.raises(ValueError, match="'first' was trained on 'moons', not on 'circles': choose those data"):
            action("circles", "saved:first")


def test_the_shipped_network_is_that_of_the_preset():
    assert catalog.denoiser("moons", "mlp") is checkpoints.pretrained("moons", "cpu")
    PointStore().save("mine", CLOUD)
    for action in (catalog.check, catalog.denoiser, Model):
        with pytest.raises(ValueError, match="ships for points of your own: choose the exact model, or train one"):
            action("own:mine", "mlp")


def test_a_saved_model_is_read_once_and_never_for_a_check(monkeypatch):
    ModelStore().save("first", weights(), CONFIG, data="moons")
    denoiser = catalog.denoiser("moons", "saved:first")
    monkeypatch.setattr(checkpoints, "read_tensors", None)
    assert catalog.denoiser("moons", "saved:first") is denoiser
    ModelStore().save("again", weights(), CONFIG, data="moons")
    catalog.check("moons", "saved:again")
    catalog.models("moons")


@pytest.mark.parametrize("kind", ["", "Exact", "saved", "saved:", "saved:../evil", "saved: a", "saved:nul", None, 1])
def test_a_kind_that_no_denoiser_can_have_is_refused(kind):
    for action in (catalog.check_kind, lambda kind: Model("moons", kind)):
        with pytest.raises(ValueError, match=r"Unknown model|name must be"):
            action(kind)


@given(some.text(max_size=60).map("saved:".__add__) | some.text(max_size=60))
def test_a_kind_is_accepted_as_it_is_or_refused_in_one_sentence(kind):
    try:
        answer = catalog.check_kind(kind)
    except ValueError as error:
        answer, sentence = None, str(error)
    assert answer == kind or "\n" not in sentence


def test_a_model_that_is_missing_or_damaged_is_one_sentence():
    assert catalog.check_kind("saved:gone") == "saved:gone"  # may exist
    with pytest.raises(ValueError, match="no saved model 'gone'"):
        catalog.denoiser("moons", "saved:gone")
    nan = {name: value * torch.nan for name, value in weights().items()}
    ModelStore().save("bad", nan, CONFIG, data="moons")
    with pytest.raises(ValueError, match="'bad' is damaged and was set aside"):
        catalog.denoiser("moons", "saved:bad")
    assert list(catalog.models("moons")) == ["exact", "mlp"]


# --- versions and models --------------------------------------------------------------------------------------------


def test_the_version_changes_with_either_file_and_only_then():
    assert catalog.version("moons", "exact") == catalog.version("moons", "mlp") == 0
    PointStore().save("mine", CLOUD)
    ModelStore().save("net", weights(0), CONFIG, data="own:mine")
    seen = {catalog.version("own:mine", "exact"), catalog.version("own:mine", "saved:net")}
    assert len(seen | {0}) == 3
    for seed in range(1, 4):
        ModelStore().save("net", weights(seed), CONFIG, replace=True, data="own:mine")
        assert catalog.version("own:mine", "exact") in seen
        assert catalog.version("own:mine", "saved:net") not in seen
        seen.add(catalog.version("own:mine", "saved:net"))
    PointStore().save("mine", -CLOUD, replace=True)
    assert not {catalog.version("own:mine", "exact"), catalog.version("own:mine", "saved:net")} & seen
    with pytest.raises(ValueError, match="no saved data set 'gone'"):
        catalog.version("own:gone", "exact")


def test_a_model_of_changed_files_is_another_model(x):
    PointStore().save("mine", CLOUD)
    ModelStore().save("net", weights(0), CONFIG, data="own:mine")
    models = [Model.current("own:mine"), Model.current("own:mine", "saved:net", 0.01, 20.0)]
    assert models == [Model.current("own:mine"), Model.current("own:mine", "saved:net", 0.01, 20.0)]
    assert (models[1].sigma_min, models[1].sigma_max) == (0.01, 20.0)
    before = models[1].denoiser()(x, 0.5)
    PointStore().save("mine", CLOUD[:100], replace=True)
    ModelStore().save("net", weights(1), CONFIG, replace=True, data="own:mine")
    changed = [Model.current("own:mine"), Model.current("own:mine", "saved:net", 0.01, 20.0)]
    assert not {hash(model) for model in models} & {hash(model) for model in changed}
    assert len(changed[0].dataset.mixture.means) == 100
    assert torch.equal(changed[1].denoiser()(x, 0.5), denoiser_from(weights(1), CONFIG.network)(x, 0.5))
    assert not torch.equal(changed[1].denoiser()(x, 0.5), before)
    assert Model.current("moons", "mlp") == Model("moons", "mlp")


def test_own_points_are_compared_as_presets_are():
    PointStore().save("mine", CLOUD)
    model = Model.current("own:mine", sigma_min=0.05)
    results = finding.compare(model, steps=6, n=1000, metrics=["nll", "sliced-w2", "hist-kl"])
    by_name = {result.schedule.name: result for result in results}
    assert by_name["klub-optimum"].klub.value < by_name["edm"].klub.value
    floor = by_name["data"].metrics["nll"]
    assert floor.value == pytest.approx(model.dataset.mixture.entropy(0.05), abs=4 * floor.stderr)
    assert pictures.true_image(model, 3 * model.dataset.half_width, 40).sum() == pytest.approx(1, abs=1e-6)


def test_thousands_of_points_get_fewer_paths_and_samples_and_networks_do_not(monkeypatch):
    PointStore().save("mine", CLOUD)
    ModelStore().save("net", weights(), CONFIG, data="own:mine")
    exact, net = Model("own:mine"), Model("own:mine", "saved:net")
    assert exact.samples == net.samples == comparison.SAMPLES
    assert exact.collect(600, levels=8).paths == 600
    monkeypatch.setattr(comparison, "PATH_PAIRS", 300 * 700)
    monkeypatch.setattr(comparison, "SAMPLE_PAIRS", 300 * 900)
    assert exact.collect(levels=8).paths == 700
    assert exact.samples == len(exact.fresh_data()) == 900
    assert len(comparison.draw_samples(exact, np.array([5.0, 1.0, 0.1]), "ddim", 0)) == 900
    assert len(comparison.draw_samples(exact, np.array([5.0, 1.0, 0.1]), "ddim", 0, 40)) == 40
    assert net.collect(2000, levels=8).paths == 2000
    assert net.samples == comparison.SAMPLES
    monkeypatch.setattr(comparison, "PATH_PAIRS", 1)
    assert exact.collect(levels=8).paths == comparison.LEAST_PATHS
    assert exact.collect(300, levels=8).paths == 300


def test_presets_are_never_cut():
    for name in DATASETS:
        model = Model(name)
        components = len(model.dataset.mixture.means)
        assert components * comparison.PATHS <= comparison.PATH_PAIRS
        assert model.samples == comparison.SAMPLES


def test_the_most_points_that_can_be_kept_are_measured_in_seconds():
    cloud = np.random.default_rng(3).standard_cauchy((20_000, 2))
    PointStore().save("large", cloud)
    model = Model.current("own:large")
    assert len(model.dataset.mixture.means) == 20_000
    fresh = model.fresh_data()
    assert len(fresh) == 4096
    estimate = evaluate(fresh, model.reference(), ["energy"])["energy"]
    assert abs(estimate.value) < 4 * estimate.stderr
    assert pictures.true_image(model, model.dataset.half_width, 128).sum() == pytest.approx(1, abs=0.01)
