"""What a user keeps: found again, bounded, and no damaged file stops the others."""

import json
import os
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from safetensors.torch import save_file

from ays_toy.models import store
from ays_toy.models.networks import MLPDenoiser, NetworkConfig
from ays_toy.models.training import TrainingConfig

CONFIG = TrainingConfig(network=NetworkConfig(width=16, depth=2), steps=10)
POINTS = np.random.default_rng(5).normal(size=(50, 2))
NAMES = some.from_regex(store.NAME, fullmatch=True)


def weights(seed: int = 0) -> dict[str, torch.Tensor]:
    return MLPDenoiser(CONFIG.network, torch.Generator().manual_seed(seed)).state_dict()


@pytest.fixture
def models(tmp_path: Path) -> store.ModelStore:
    return store.ModelStore(tmp_path / "models")


@pytest.fixture
def points(tmp_path: Path) -> store.PointStore:
    return store.PointStore(tmp_path / "points")


def names(kept: store.Store) -> list[str]:
    return [saved.name for saved in kept.list()]


def path_of(kept: store.Store, name: str) -> Path:
    return kept.folder / f"{name}.safetensors"


# --- what is kept ---------------------------------------------------------------------------------------------------


def test_a_saved_model_is_found_again_by_another_process_of_the_same_folder(models):
    before = time.time_ns()
    models.save("my moons", weights(), CONFIG, data="moons", excess=0.01)
    again = store.ModelStore(models.folder)
    (saved,) = again.list()
    assert (saved.name, saved.about) == ("my moons", {"data": "moons", "excess": 0.01})
    assert saved.size == path_of(models, "my moons").stat().st_size
    assert abs(saved.written_ns - before) < 60e9
    assert again.find("my moons") == saved
    denoiser, config, about = again.load("my moons")
    assert (config, about) == (CONFIG, saved.about)
    for name, value in weights().items():
        torch.testing.assert_close(denoiser.state_dict()[name], value, rtol=0, atol=0)


def test_saved_points_are_the_same_points(points):
    points.save("mine", POINTS * 1e-7 + 1e5, source="upload")
    assert np.array_equal(points.load("mine"), POINTS * 1e-7 + 1e5)
    assert points.list()[0].about == {"points": 50, "source": "upload"}


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (np.ones((30, 2)), "All points are equal"),
        (np.zeros((3, 3)), "two columns"),
        ([[0, 1]], "at least 2 points"),
        ([[0, 1], [1, np.nan]], "remove or mend row 2"),
        ([[0, 1], [1, 2], [1e200, 0]], "rescale row 3"),
        ([["a", 1]], "must be numbers"),
        (np.random.default_rng(0).normal(size=(20_001, 2)), "At most 20,000"),
    ],
)
def test_points_that_are_no_data_set_are_not_kept(points, values, match):
    with pytest.raises(ValueError, match=match):
        points.save("mine", values)
    assert points.list() == ()


def test_the_folder_is_the_one_that_is_asked_for_when_a_store_is_made(tmp_path, monkeypatch):
    for folder in ("a", "b"):
        monkeypatch.setenv("AYS_EXPLORER_HOME", str(tmp_path / folder))
        store.PointStore().save("mine", POINTS)
        store.ModelStore().save("mine", weights(), CONFIG)
        assert path_of(store.PointStore(), "mine") == tmp_path / folder / "points" / "mine.safetensors"
        assert (tmp_path / folder / "models" / "mine.safetensors").exists()
    monkeypatch.delenv("AYS_EXPLORER_HOME")
    assert store.home().name == "ays-explorer"


def test_the_newest_is_listed_first_and_no_tensor_is_read_for_it(points, monkeypatch):
    for age, name in enumerate(("new", "old", "oldest")):
        points.save(name, POINTS)
        os.utime(path_of(points, name), (1e9 - age, 1e9 - age))
    monkeypatch.setattr(store.checkpoints, "read_tensors", None)
    assert names(points) == ["new", "old", "oldest"]
    assert points.list()[0].written_ns == 10**18


def test_only_files_of_ours_are_listed(points):
    points.save("mine", POINTS)
    for other in ("read me.txt", ".hidden.safetensors", "dötted.safetensors", "CON.safetensors", "x.y.safetensors"):
        (points.folder / other).write_bytes(path_of(points, "mine").read_bytes())
    (points.folder / "folder.safetensors").mkdir()
    assert names(points) == ["mine"]
    assert points.tidy() == ()
    assert len(list(points.folder.iterdir())) == 7


def test_a_folder_that_is_not_there_is_an_empty_store(points):
    assert points.list() == points.tidy() == ()
    points.delete("nothing")
    assert not points.folder.exists()


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            " a",
            "a ",
            "../evil",
            "a/b",
            "a\\b",
            ".hidden",
            "x" * 41,
            "tab\t",
            "line\n",
            "naïve",
            "\u212a",
            "٣",
            "a:b",
        ),
        *("CON", "nul", "Aux", "com1", "LPT9", "prn", None, 7),
    ],
)
def test_names_that_some_file_system_cannot_hold_are_refused(models, points, name):
    for action in (models.load, models.delete, models.find, points.load, lambda n: points.save(n, POINTS)):
        with pytest.raises(ValueError, match="name must be"):
            action(name)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NAMES)
def test_every_other_name_can_be_kept(points, name):
    assert len(name) <= 40
    points.save(name, POINTS, replace=True)
    assert name.lower() in [listed.lower() for listed in names(points)]
    points.delete(name)
    assert names(points) == []


def test_names_that_differ_only_in_case_are_one(models):
    models.save("Moons", weights(0), CONFIG)
    with pytest.raises(ValueError, match="already: choose another name, or replace it"):
        models.save("moons", weights(1), CONFIG)
    models.save("MOONS", weights(1), CONFIG, replace=True)
    assert names(models) == ["Moons"]
    last = next(key for key in weights() if key.endswith("weight"))
    assert torch.equal(models.load("moons")[0].state_dict()[last], weights(1)[last])
    models.delete("mOONS")
    assert names(models) == []


def test_a_name_that_is_taken_is_replaced_only_where_that_is_asked_for(points):
    points.save("mine", POINTS)
    before = points.stamp("mine")
    for refused in (lambda: points.check("mine"), lambda: points.save("mine", 2 * POINTS)):
        with pytest.raises(ValueError, match="There is a saved data set 'mine' already"):
            refused()
    assert np.array_equal(points.load("mine"), POINTS)
    assert points.stamp("mine") == before
    points.check("mine", replace=True)
    points.save("mine", 2 * POINTS, replace=True)
    assert np.array_equal(points.load("mine"), 2 * POINTS)
    assert points.stamp("mine") != before


def test_a_missing_file_is_one_sentence(models, points):
    for action in (models.load, models.find, models.stamp):
        with pytest.raises(ValueError, match="no saved model 'gone': choose another, or train it anew"):
            action("gone")
    with pytest.raises(ValueError, match="no saved data set 'gone'"):
        points.load("gone")


# --- bounds ---------------------------------------------------------------------------------------------------------


def test_the_store_is_bounded(models, monkeypatch):
    monkeypatch.setattr(store, "MAX_FILES", 2)
    models.save("a", weights(), CONFIG)
    models.save("b", weights(), CONFIG)
    for refused in (lambda: models.check("c"), lambda: models.save("c", weights(), CONFIG)):
        with pytest.raises(ValueError, match=r"There are 2 saved models.* delete one first"):
            refused()
    models.save("a", weights(), CONFIG, replace=True)  # in place of itself is no growth
    monkeypatch.setattr(store, "MAX_BYTES", int(1.5 * models.list()[0].size))
    with pytest.raises(ValueError, match="MiB together: delete one first"):
        models.save("a", weights(), CONFIG, replace=True)
    models.delete("b")
    models.save("a", weights(), CONFIG, replace=True)
    assert names(models) == ["a"]


def test_a_file_larger_than_all_may_be_is_never_read(points, monkeypatch):
    points.save("huge", POINTS)
    monkeypatch.setattr(store.PointStore, "largest", 100)
    assert points.list() == ()
    with pytest.raises(ValueError, match="damaged and was set aside"):
        points.load("huge")


def test_a_folder_that_cannot_be_written_to_is_one_sentence(tmp_path):
    (tmp_path / "taken").write_text("a file where the folder should be")
    with pytest.raises(ValueError, match=r"could not be written .*AYS_EXPLORER_HOME"):
        store.PointStore(tmp_path / "taken").save("mine", POINTS)


# --- damage ---------------------------------------------------------------------------------------------------------


def broken_header(**notes: str):
    return lambda path: save_file(weights(), path, metadata=notes)


def other_weights(change):
    def damage(path: Path) -> None:
        tensors = weights()
        change(tensors)
        save_file(tensors, path, metadata={"config": json.dumps(asdict(CONFIG)), "about": "{}"})

    return damage


def shape(**network: object) -> str:
    return json.dumps({**asdict(CONFIG), "network": network})


SEEN_IN_THE_HEADER = {
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "header only": lambda path: path.write_bytes(path.read_bytes()[:50]),
    "something appended": lambda path: path.write_bytes(path.read_bytes() + b"more"),
    "another kind": lambda path: path.write_bytes(b"PK\x03\x04" * 100),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "no configuration": broken_header(about="{}"),
    "no JSON": broken_header(config="{", about="{}"),
    "endless nesting": broken_header(config="[" * 100_000, about="{}"),
    "notes that are none": broken_header(config=json.dumps(asdict(CONFIG)), about="[1]"),
    "absurdly wide": broken_header(config=shape(width=10**9, depth=2)),
    "absurdly deep": broken_header(config=shape(width=16, depth=10**6)),
    "a network of no shape": broken_header(config=json.dumps({**asdict(CONFIG), "network": None})),
    "a width of 16.0": broken_header(config=shape(width=16.0, depth=2)),
    "steps that are none": broken_header(config=json.dumps({**asdict(CONFIG), "steps": 10.0})),
    "a rate in words": broken_header(config=json.dumps({**asdict(CONFIG), "learning_rate": "0.002"})),
    "a rate beyond all numbers": broken_header(config=json.dumps({**asdict(CONFIG), "learning_rate": 10**400})),
    "an excess of null": broken_header(config=json.dumps(asdict(CONFIG)), about='{"excess": null}'),
    "an excess in words": broken_header(config=json.dumps(asdict(CONFIG)), about='{"excess": "0.1"}'),
    "an excess beyond all numbers": broken_header(config=json.dumps(asdict(CONFIG)), about=f'{{"excess": {10**400}}}'),
    "data that are a list": broken_header(config=json.dumps(asdict(CONFIG)), about='{"data": ["moons"]}'),
    "data of no letters": broken_header(config=json.dumps(asdict(CONFIG)), about='{"data": "\\ud800"}'),
}
SEEN_IN_THE_WEIGHTS = {
    "NaN": other_weights(lambda tensors: tensors["last.weight"].fill_(float("nan"))),
    "infinite": other_weights(lambda tensors: tensors["last.bias"].fill_(float("inf"))),
    "a layer missing": other_weights(lambda tensors: tensors.pop("last.bias")),
    "a layer too many": other_weights(lambda tensors: tensors.update(surprise=torch.ones(3))),
    "other shapes": broken_header(config=shape(width=32, depth=2)),
}


@pytest.mark.parametrize("damage", SEEN_IN_THE_HEADER | SEEN_IN_THE_WEIGHTS)
def test_a_damaged_model_is_set_aside_and_the_others_stay(models, damage):
    models.save("good", weights(), CONFIG)
    models.save("bad", weights(), CONFIG)
    path = path_of(models, "bad")
    (SEEN_IN_THE_HEADER | SEEN_IN_THE_WEIGHTS)[damage](path)
    content = path.read_bytes()
    assert ("bad" in names(models)) == (damage in SEEN_IN_THE_WEIGHTS)
    with pytest.raises(ValueError, match=r"^The saved model 'bad' is damaged and was set aside: train it anew.$"):
        models.load("bad")
    assert names(models) == ["good"]
    (aside,) = models.folder.glob("bad.damaged-*")
    assert aside.read_bytes() == content
    models.load("good")
    with pytest.raises(ValueError, match="no saved model 'bad'"):
        models.load("bad")
    models.save("bad", weights(), CONFIG)  # its name is free again
    models.load("bad")


@pytest.mark.parametrize("damage", SEEN_IN_THE_HEADER)
def test_tidying_says_what_was_damaged_once(models, damage):
    models.save("good", weights(), CONFIG)
    models.save("bad", weights(), CONFIG)
    SEEN_IN_THE_HEADER[damage](path_of(models, "bad"))
    assert models.tidy() == ("The saved model 'bad' is damaged and was set aside: train it anew.",)
    assert models.tidy() == ()
    assert names(models) == ["good"]


@pytest.mark.parametrize(
    "tensors",
    [
        {"y": torch.zeros(20, 2)},
        {"x": torch.zeros(20, 3)},
        {"x": torch.zeros(20, 2)},
        {"x": torch.full((20, 2), torch.nan)},
        {"x": torch.rand(20_001, 2)},
    ],
)
def test_a_file_that_holds_no_points_is_set_aside(points, tensors):
    points.folder.mkdir()
    save_file(tensors, path_of(points, "mine"))
    with pytest.raises(ValueError, match=r"^The saved data set 'mine' is damaged and was set aside: add it anew.$"):
        points.load("mine")
    assert names(points) == []


ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(some.characters()),
    lambda inner: some.lists(inner, max_size=2) | some.dictionaries(some.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    some.fixed_dictionaries({}, optional=dict.fromkeys(("data", "excess", "step", "points", "title"), ANYTHING)),
    some.fixed_dictionaries({}, optional=dict.fromkeys(asdict(CONFIG), ANYTHING)),
    some.fixed_dictionaries({}, optional=dict.fromkeys(asdict(CONFIG.network), ANYTHING)),
)
def test_whatever_the_notes_hold_a_page_can_show_what_is_listed(models, points, about, settings, shape):
    """What pages do with notes: they print an excess, a step and a count, look data up, and send text."""
    network = {**asdict(CONFIG.network), **shape}
    config = {**asdict(CONFIG), "network": network, **settings}
    store.checkpoints.write(path_of(models, "mine"), weights(), config=config, about=about)
    store.checkpoints.write(path_of(points, "mine"), {"x": torch.tensor(POINTS)}, about=about)
    for saved in models.list():
        f"{saved.about.get('excess', 0):.2%} {saved.about.get('step', 0):,} {saved.about.get('data', '')}".encode()
        assert saved.about.get("data") not in {"moons": 1}
        config = models.load("mine")[1]
        assert MLPDenoiser(config.network, torch.Generator())(torch.zeros(1, 2), 1.0).shape == (1, 2)
    for saved in points.list():
        f"{saved.about.get('points', 0):,} {saved.about.get('title', '')}".encode()
    said = [*models.tidy(), *points.tidy()]
    assert len(said) == (not models.list()) + (not points.list())
    assert all(sentence.endswith("anew.") for sentence in said)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.data())
def test_whatever_one_byte_becomes_the_answer_is_a_model_or_one_sentence(models, data):
    models.save("mine", weights(), CONFIG, replace=True)
    path = path_of(models, "mine")
    content = bytearray(path.read_bytes())
    content[data.draw(some.integers(0, 1500))] = data.draw(some.integers(0, 255))
    path.write_bytes(content)
    try:
        denoiser, config, about = models.load("mine")
    except ValueError as error:
        denoiser, sentence = None, str(error)
    if denoiser is None:
        assert sentence.endswith("damaged and was set aside: train it anew.")
        assert names(models) == []
    else:
        assert all(value.isfinite().all() for value in denoiser.state_dict().values())
        assert isinstance(config, TrainingConfig)
        assert isinstance(about, dict)


@pytest.mark.parametrize("about", [{"points": None}, {"points": "50"}, {"points": 5.5}, {"points": -1}, {"title": []}])
def test_points_whose_notes_are_damaged_are_set_aside(points, about):
    store.checkpoints.write(path_of(points, "mine"), {"x": torch.tensor(POINTS)}, about=about)
    assert points.list() == ()
    assert points.tidy() == ("The saved data set 'mine' is damaged and was set aside: add it anew.",)


def test_notes_that_would_be_damaged_are_not_written(models, points):
    with pytest.raises(ValueError, match="The note 'excess' must be a number, not None"):
        models.save("mine", weights(), CONFIG, excess=None)
    with pytest.raises(ValueError, match="The note 'title' must be text"):
        points.save("mine", POINTS, title=3)
    models.save("mine", weights(), CONFIG, excess=float("nan"))  # never measured
    assert (names(models), names(points)) == (["mine"], [])


def test_a_damaged_file_does_not_hold_its_name(models):
    models.save("mine", weights(), CONFIG)
    path_of(models, "mine").write_bytes(b"")
    models.check("mine")
    models.save("mine", weights(), CONFIG)
    models.load("mine")


def test_few_damaged_files_are_kept(points):
    for k in range(store.KEPT_ASIDE + 4):
        points.save(f"p{k}", POINTS)
        path_of(points, f"p{k}").write_bytes(b"")
        assert len(points.tidy()) == 1
    kept = {path.stem for path in points.folder.iterdir()}
    assert kept == {f"p{k}" for k in range(4, store.KEPT_ASIDE + 4)}


def test_what_a_process_left_half_written_is_removed_when_it_is_old(points):
    points.save("mine", POINTS)
    for name, age in ((".mine.safetensors.1", 10), (".mine.safetensors.2", 2 * store.UNFINISHED_SECONDS)):
        (points.folder / name).write_bytes(b"half")
        os.utime(points.folder / name, (time.time() - age,) * 2)
    assert points.tidy() == ()
    assert sorted(path.name for path in points.folder.iterdir()) == [".mine.safetensors.1", "mine.safetensors"]


# --- other processes ------------------------------------------------------------------------------------------------


def test_a_file_that_vanishes_while_it_is_looked_at_is_left_out(points, monkeypatch):
    for name in ("stays", "goes early", "goes late"):
        points.save(name, POINTS)
    stat, read = Path.stat, store.checkpoints.read_notes

    def vanishing_stat(path: Path, **options):
        if path.stem == "goes early":
            path.unlink(missing_ok=True)
        return stat(path, **options)

    def vanishing_read(path: Path):
        if path.stem == "goes late":
            path.unlink(missing_ok=True)
        return read(path)

    monkeypatch.setattr(Path, "stat", vanishing_stat)
    monkeypatch.setattr(store.checkpoints, "read_notes", vanishing_read)
    assert names(points) == ["stays"]
    assert points.tidy() == ()


def test_a_file_that_another_process_set_aside_first_is_only_missing(points, monkeypatch):
    points.save("mine", POINTS)
    path_of(points, "mine").write_bytes(b"")
    read = store.checkpoints.read_notes

    def read_and_lose(path: Path):
        try:
            return read(path)
        finally:
            path.unlink()

    monkeypatch.setattr(store.checkpoints, "read_notes", read_and_lose)
    with pytest.raises(ValueError, match="damaged"):
        points.load("mine")
    assert list(points.folder.iterdir()) == []


def test_a_file_that_cannot_be_opened_is_not_damaged(points, monkeypatch):
    points.save("mine", POINTS)

    def refuse(path: Path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(store.checkpoints, "read_notes", refuse)
    assert points.list() == points.tidy() == ()
    with pytest.raises(ValueError, match="'mine' cannot be read: Permission denied"):
        points.load("mine")
    with pytest.raises(ValueError, match="already"):
        points.save("mine", POINTS)
    monkeypatch.undo()
    assert names(points) == ["mine"]
