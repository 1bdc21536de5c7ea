"""A drawing is its text: exact there and back, harmless when damaged, and its points lie where its ink does."""

import base64
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from ays_toy import optimize
from ays_toy.data import drawing, ink, memory, packed
from ays_toy.data.datasets import from_points
from ays_toy.data.denoisers import EmpiricalDenoiser
from ays_toy.data.drawing import LATTICE, SYMMETRIES, Drawing, Stroke
from ays_toy.models import catalog
from ays_toy.runs.comparison import Model

PLACES = some.tuples(some.integers(0, LATTICE - 1), some.integers(0, LATTICE - 1))
STROKES = some.builds(
    Stroke,
    some.lists(PLACES, min_size=1, max_size=30).map(tuple),
    some.integers(drawing.LEAST_BRUSH, drawing.MAX_BRUSH),
    some.integers(0, 3),
    some.sampled_from(list(SYMMETRIES)),
    some.booleans(),
)
DRAWINGS = some.builds(Drawing, some.lists(STROKES, max_size=8).map(tuple), some.integers(10, 20_000))
LINE = Stroke(((100, 256), (400, 256)), brush=40)
SMILE = drawing.encode(drawing.smiley())


def scribble(strokes: int) -> Drawing:
    """One that does not pack well."""
    rng = np.random.default_rng(5)
    paths = rng.integers(0, LATTICE, size=(strokes, 20, 2)).tolist()
    return Drawing(tuple(Stroke(tuple(map(tuple, path)), 10) for path in paths), 1000)


@given(DRAWINGS)
def test_text_and_json_bring_back_the_very_drawing(one: Drawing) -> None:
    text = drawing.encode(one)
    if len(text) <= packed.MAX_TEXT:
        assert drawing.decode(text) == one
    assert Drawing.from_json(one.to_json(), one.count) == one


def sentence(action, *arguments) -> str | None:
    """The sentence with which it refuses; None where it does not."""
    try:
        action(*arguments)
    except ValueError as error:
        words = str(error)
        assert words.endswith(".")
        assert "\n" not in words
        assert len(words) < 300
        return words
    return None


@given(some.text(max_size=400) | some.from_regex(r"[A-Za-z0-9_-]{1,80}", fullmatch=True))
def test_any_text_is_a_drawing_or_one_sentence(text: str) -> None:
    sentence(drawing.decode, text)
    assert sentence(catalog.dataset, f"drawn:{text}") is not None


@given(some.binary(max_size=200))
def test_any_packed_bytes_are_a_drawing_or_one_sentence(body: bytes) -> None:
    for content in (body, bytes([drawing.VERSION]) + body):
        sentence(drawing.decode, packed.pack(content))


@given(some.integers(0, len(SMILE) - 1), some.sampled_from("AZaz09_-"))
def test_a_link_in_which_one_letter_is_wrong_is_never_another_drawing(at: int, letter: str) -> None:
    text = SMILE[:at] + letter + SMILE[at + 1 :]
    words = sentence(drawing.decode, text)
    if words is None:
        assert drawing.decode(text) == drawing.smiley()  # the last letter may hold bits that count for nothing
    else:
        assert "damaged" in words


@pytest.mark.parametrize("end", [0, 1, 10, len(SMILE) - 8, len(SMILE) - 1])
def test_a_link_cut_short_is_damaged(end: int) -> None:
    assert "damaged: copy the whole link again" in (sentence(drawing.decode, SMILE[:end]) or "")


def test_what_unpacks_to_far_more_than_it_should_is_not_unpacked() -> None:
    bomb = base64.urlsafe_b64encode(zlib.compress(bytes([1]) + bytes(1_000_000), 9)).decode().rstrip("=")
    assert len(bomb) < packed.MAX_TEXT
    assert "damaged" in (sentence(drawing.decode, bomb) or "")
    assert "too long: 1,000,000 characters" in (sentence(drawing.decode, "A" * 1_000_000) or "")


@pytest.mark.parametrize(
    ("sent", "match"),
    [
        ({}, "list of strokes"),
        ("strokes", "list of strokes"),
        ([1], "A stroke is a brush and a path"),
        ([{"path": [1, 2, 3]}], "A stroke is a brush and a path"),
        ([{"path": [[1, 2]], "brush": 10, "strength": 3, "symmetry": "none"}], "A stroke is a brush and a path|corner"),
        ([{"path": [1, 512], "brush": 10, "strength": 3, "symmetry": "none"}], "corner must be a whole number"),
        ([{"path": [1, float("nan")], "brush": 10, "strength": 3, "symmetry": "none"}], "corner must be"),
        ([{"path": [1, 2], "brush": 1e9, "strength": 3, "symmetry": "none"}], "brush's width must be"),
        ([{"path": [1, 2], "brush": 10, "strength": 4, "symmetry": "none"}], "brush's strength must be"),
        ([{"path": [1, 2], "brush": 10, "strength": 3, "symmetry": "x" * 999}], "Unknown symmetry"),
        ([{"path": [1, 2], "brush": 10, "strength": 3, "symmetry": ["none"]}], "Unknown symmetry"),
        ([{"path": [], "brush": 10, "strength": 3, "symmetry": "none"}], "1 to 4,000 corners"),
        ([{"path": [1] * 8002, "brush": 10, "strength": 3, "symmetry": "none"}], "at most 4,000 corners"),
        ([{"path": [1, 2], "brush": 10, "strength": 3, "symmetry": "none"}] * 201, "at most 200 strokes"),
        ([{"path": [1] * 3000, "brush": 10, "strength": 3, "symmetry": "none"}] * 3, "at most 200 strokes and 4,000"),
    ],
)
def test_what_a_browser_should_never_send_is_one_sentence(sent, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        Drawing.from_json(sent)
    assert sentence(Drawing.from_json, sent)


# --- ink and points --------------------------------------------------------------------------------------------------


def test_a_stroke_inks_the_area_of_its_brush_along_its_path() -> None:
    area = 300 * 40 + np.pi * 20**2
    assert Drawing((LINE,)).density().sum() * drawing.FINER**2 == pytest.approx(area, rel=0.01)
    dot = Drawing((Stroke(((200, 300),), brush=80),)).density()
    assert dot.sum() * drawing.FINER**2 == pytest.approx(np.pi * 40**2, rel=0.01)
    rows, columns = np.nonzero(dot)
    assert (columns.mean() * 2, rows.mean() * 2) == pytest.approx((200, 300), abs=1.5)


def test_strength_says_how_many_points_and_a_second_stroke_covers_what_is_bare() -> None:
    faint = Stroke(((100, 400), (400, 400)), brush=40, strength=0)
    points = Drawing((LINE, faint), 10_000).points()
    lower = (points[:, 1] < points[:, 1].mean()).mean()
    assert (points[:, 1] < 100).mean() == pytest.approx(0.2, abs=0.01), lower  # a quarter of the other's
    twice = Drawing((faint, faint)).density()
    assert twice.max() == pytest.approx(1 - 0.75**2)


def test_where_the_eraser_went_there_are_no_points() -> None:
    points = Drawing((LINE, Stroke(((250, 256),), brush=60, erase=True)), 5000).points()
    distance = np.hypot(points[:, 0] - 125, points[:, 1] - 128)  # pixels are two units wide
    assert distance.min() > 14
    with pytest.raises(ValueError, match="no ink left"):
        Drawing((LINE, Stroke(((100, 256), (400, 256)), brush=128, erase=True))).points()
    with pytest.raises(ValueError, match="no ink left"):
        Drawing(()).points()


@pytest.mark.parametrize("symmetry", list(SYMMETRIES))
def test_every_symmetry_maps_the_drawing_onto_itself(symmetry: str) -> None:
    stroke = Stroke(((300, 120), (340, 160), (330, 200)), brush=24, symmetry=symmetry)
    matrices = SYMMETRIES[symmetry]
    points = Drawing((stroke,), 20_000).points() - 128
    count = lambda cloud: np.histogram2d(*cloud.T, bins=16, range=[[-128, 128]] * 2)[0]  # noqa: E731
    here = count(points)
    for matrix in matrices:
        there = count(points @ (matrix * [[1, -1], [-1, 1]]).T)  # y upwards
        assert np.abs(here - there).sum() < 0.12 * len(points)
    alone = Drawing((Stroke(stroke.path, 24),)).density().sum()
    assert Drawing((stroke,)).density().sum() == pytest.approx(len(matrices) * alone, rel=0.03)


def test_points_follow_the_ink_more_evenly_than_chance(generator) -> None:
    shade = np.random.default_rng(3).uniform(0, 1, size=(16, 16)) ** 3
    points = ink.points(shade, 20_000, generator)
    found, *_ = np.histogram2d(points[:, 1], points[:, 0], bins=16, range=[[0, 16], [0, 16]])
    expected = shade[::-1] / shade.sum() * 20_000
    assert np.abs(found - expected).max() <= 2  # independent draws would be off by ten and more
    assert abs(np.corrcoef((points % 1).T)[0, 1]) < 0.03


@pytest.mark.parametrize("n", [9, 20_001, 12.5, "many"])
def test_the_number_of_points_is_bounded(n, generator) -> None:
    with pytest.raises(ValueError, match="number of points must be a whole number from 10 to 20000"):
        ink.points(np.ones((4, 4)), n, generator)


def test_ink_in_one_corner_pixel_or_the_last_is_found(generator) -> None:
    for place in ((0, 0), (3, 4)):
        shade = np.zeros((4, 5))
        shade[place] = 0.1
        points = ink.points(shade, 100, generator)
        assert (np.floor(points) == [place[1], 3 - place[0]]).all()


def test_the_most_that_a_drawing_can_hold_is_inked_in_seconds() -> None:
    rng = np.random.default_rng(1)
    strokes = [
        Stroke(tuple(map(tuple, rng.integers(0, LATTICE, (20, 2)).tolist())), 64, 0, "four-fold") for _ in range(180)
    ]
    assert len(Drawing(tuple(strokes), 20_000).points()) == 20_000


def test_what_would_take_longer_to_ink_is_refused() -> None:
    across = Stroke(((0, 0), (511, 511)) * 10, 128, 0, "rotate-8")
    with pytest.raises(ValueError, match="so wide a brush"):
        Drawing((across,) * 200)


# --- as data ---------------------------------------------------------------------------------------------------------


def test_a_drawing_is_a_data_set_everywhere() -> None:
    name = catalog.name_of_drawing(drawing.smiley())
    assert name == f"drawn:{SMILE}"
    data = catalog.dataset(name)
    assert (data.name, data.title) == (name, "Your drawing")
    np.testing.assert_array_equal(data.mixture.means, from_points(drawing.smiley().points()).mixture.means)
    assert catalog.dataset(name) is data
    assert name not in catalog.datasets()
    assert catalog.datasets(name, "drawn:no", None, "moons")[name] == "Your drawing"
    assert catalog.models(name) == {"exact": "Exact"}
    model = Model.current(name)
    assert model == Model.current(name)
    x = torch.randn(30, 2, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model.denoiser()(x, 0.3), EmpiricalDenoiser(data.mixture.means)(x, 0.3))
    assert optimize.optimum(model.collect(512, 24), 6, 2.0).shape == (7,)


@settings(max_examples=20)
@given(DRAWINGS)
def test_every_drawing_is_data_or_one_sentence(one: Drawing) -> None:
    words = sentence(catalog.name_of_drawing, one)
    if words is None:
        assert len(catalog.dataset(catalog.name_of_drawing(one)).mixture.means) == one.count
    else:
        assert "no ink left" in words


def test_a_drawing_too_long_for_a_link_is_held_instead() -> None:
    long = scribble(40)
    assert len(drawing.encode(long)) > packed.MAX_TEXT
    name = catalog.name_of_drawing(long)
    assert name.startswith("held:")
    assert catalog.dataset(name).title == "Your drawing"
    assert catalog.datasets(name)[name] == "Your drawing"
    assert catalog.name_of_drawing(long) == name


def test_points_are_held_until_many_others_are(monkeypatch) -> None:
    monkeypatch.setattr(memory, "MOST", 3)
    clouds = [np.random.default_rng(k).normal(size=(20, 2)) for k in range(5)]
    names = [catalog.hold_points(cloud, "cloud") for cloud in clouds[:3]]
    assert len({*names, catalog.hold_points(clouds[0], "other title")}) == 4
    assert catalog.hold_points(clouds[1], "cloud") == names[1]  # used again: not the next to go
    catalog.hold_points(clouds[3], "cloud")
    catalog.hold_points(clouds[4], "cloud")
    assert len(catalog.dataset(names[1]).mixture.means) == 20
    for gone in (names[0], "held:", "held:../../etc/passwd"):
        with pytest.raises(ValueError, match="are gone: add them again"):
            catalog.dataset(gone)
    with pytest.raises(ValueError, match="All points are equal"):
        catalog.hold_points(np.ones((20, 2)), "cloud")
