"""Text of two columns becomes points, and what is wrong with it one sentence that names the row."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from ays_toy import catalog, own_points, packed
from ays_toy.datasets import LARGEST, MAX_POINTS, from_points
from ays_toy.own_points import read_csv

NUMBERS = some.floats(-LARGEST, LARGEST)
CLOUDS = some.lists(some.tuples(NUMBERS, NUMBERS), min_size=10, max_size=40, unique=True)
ROWS = [f"{k}.5,{k * k}" for k in range(12)]
EXPECTED = np.array([[k + 0.5, k * k] for k in range(12)])


def text(*rows: str) -> bytes:
    return "\n".join(rows).encode()


@given(
    CLOUDS,
    some.sampled_from([",", ", ", ";", " ; ", "\t", " ", "   "]),
    some.sampled_from(["\n", "\r\n", "\r"]),
    some.sampled_from(["", "x{}y", '"the first"{}"the second"', "# x{}y", "Länge{}Breite"]),
    some.booleans(),
    some.integers(0, 3),
    some.booleans(),
    some.booleans(),
)
def test_what_was_written_is_read(cloud, separator, end, header, bom, blank, quoted, decimal_comma):
    def cell(value: float) -> str:
        written = repr(value)
        if decimal_comma and (separator.strip(" ") != "," or quoted):
            written = written.replace(".", ",")
        return f'"{written}"' if quoted and separator.strip(" ") in (",", ";") else written

    decimal_comma = decimal_comma and separator.strip(" ") in (";", "\t")
    rows = [cell(x) + separator + cell(y) for x, y in cloud]
    rows = [row for k, row in enumerate(rows) for row in ([row, *[" "] * blank] if k == 2 else [row])]
    if header:
        rows = [header.format(separator.strip(" ") or " "), *rows]
    data = (end.join(rows) + end).encode("utf-8-sig" if bom else "utf-8")
    np.testing.assert_array_equal(read_csv(data), cloud)


@pytest.mark.parametrize(
    "rows",
    [
        [row.replace(",", ";").replace(".", ",") for row in ROWS],
        [row.replace(",", "\t") for row in ROWS],
        [f'"{x}","{y}"' for x, y in (row.split(",") for row in ROWS)],
        [f'"{x}","{y}"' for x, y in (row.replace(".", "·").replace("·", ".").split(",") for row in ROWS)],
        ["", "longitude of the place,latitude of the place", "", *ROWS, "", ""],
        [f"  {x}   {y} " for x, y in (row.split(",") for row in ROWS)],
        [f"{x}e0,+{y}E+00" for x, y in (row.split(",") for row in ROWS)],
    ],
)
def test_the_usual_ways_to_write_a_table(rows):
    np.testing.assert_array_equal(read_csv(text(*rows)), EXPECTED)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (["x,y", *ROWS, "1,two"], "Row 14 holds 'two' where a number"),
        (["x,y", "", *ROWS[:3], "", "1,"], "Row 7 holds '' where a number"),
        (["1,two", *ROWS], "Row 1 holds 'two'"),
        (["x,y", "a,b", *ROWS], "Row 2 holds 'a'"),
        ([*ROWS, "nan,1"], "Row 13 holds 'nan'"),
        (["nan,nan", *ROWS], "Row 1 holds 'nan'"),
        ([*ROWS, "1,-inf"], "Row 13 holds '-inf'"),
        ([*ROWS, "1,1e999"], "Row 13 holds '1e999'"),
        ([*ROWS, "1,2e15"], "Row 13 holds '2e15' where a number of at most 1e.15"),
        ([*ROWS, "1,2,3"], "Row 13 has 3 columns, read as separated by commas"),
        ([f"{k},{row}" for k, row in enumerate(ROWS)], "Row 1 has 3 columns"),
        (["id,x,y", *(f"a{k},{row}" for k, row in enumerate(ROWS))], "Row 2 has 3 columns"),
        ([row.replace(".", ",") for row in ROWS], "Row 1 has 3 columns, read as separated by commas: give two numbers"),
        (["x", *(row.split(",")[0] for row in ROWS)], "Row 2 has 1 column, read as separated by spaces"),
        (["1;2", *ROWS], "Row 1 has 1 column"),
        ([*ROWS, '"1,2'], "Row 13 has 1 column"),
        ([*ROWS, "1," + "x" * 500], "Row 13 holds 'x{20}…' where"),
        ([*ROWS, "1" * 2000], "Row 13 has 2,000 characters"),
        (ROWS[:9], "At least 10 points are needed and the file has 9"),
        (ROWS[:3], "At least 10 points are needed and the file has 3"),
        (["once upon a time", "there was a table"] * 20, "Row 2 has 4 columns, read as separated by spaces"),
        (["x,y"], "the file has 0"),
        ([], "the file has 0"),
        (["1.1,2.2"] * 20, "All points are equal"),
    ],
)
def test_every_fault_is_one_sentence_that_names_the_row(rows, match):
    with pytest.raises(ValueError, match=match) as error:
        read_csv(text(*rows))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "data", [b"\xff\xfe1\x00,\x002\x00", b"PK\x03\x04\x00\x00", bytes(range(128, 256)), b"1,2\x00"]
)
def test_what_is_no_text_is_refused(data):
    with pytest.raises(ValueError, match=r"not text in UTF-8: save it as CSV \(UTF-8\)"):
        read_csv(data)


@given(some.binary(max_size=300))
def test_any_bytes_are_points_or_one_sentence(data):
    try:
        points = read_csv(data)
    except ValueError as error:
        points, sentence = None, str(error)
    if points is None:
        assert "\n" not in sentence
    else:
        assert points.shape[1] == 2
        assert np.isfinite(points).all()


def test_the_limit_counts_points_and_nothing_else():
    cloud = np.random.default_rng(2).normal(size=(MAX_POINTS + 1, 2)).round(6)
    rows = [f"{x},{y}" for x, y in cloud]
    np.testing.assert_array_equal(read_csv(text("x,y", "", *rows[:-1])), cloud[:-1])
    for header in ((), ("x,y",)):
        with pytest.raises(ValueError, match="At most 20,000 points can be used and the file has more"):
            read_csv(text(*header, *rows))
    with pytest.raises(ValueError, match="At most 30 points"):
        read_csv(text(*rows[:31]), limit=30)
    assert len(read_csv(text(*rows[:30]), limit=30)) == 30


@pytest.mark.parametrize(
    "data",
    [
        b"1,1\n" * 10_000_000,
        b"0.123456789,0.987654321\n" * 2_000_000,
        b"1" * 50_000_000,
        b"1" * 3_999_999,
        b"\n" * 3_999_999,
        b"," * 3_999_999,
        b'"' * 3_999_999,
        b"1 " * 1_999_999,
        b"1,1\n" * 999_999,
    ],
    ids=["10 million rows", "48 MB", "one long row", "a row of 4 MB", "empty rows", "commas", "quotes", "spaces", "1s"],
)
def test_what_is_far_too_large_is_answered_at_once(data):
    began = time.perf_counter()
    with pytest.raises(ValueError, match=r"^(The file has .* MB|Row 1 has .* characters|At (most|least) )"):
        read_csv(data)
    assert time.perf_counter() - began < 2


def in_order(points: np.ndarray) -> np.ndarray:
    return points[np.lexsort(points.T[::-1])]


@given(CLOUDS)
def test_a_link_holds_the_points_up_to_its_lattice(cloud: list[tuple[float, float]]) -> None:
    if np.ptp(np.array(cloud), axis=0).max() == 0:
        return
    points = from_points(cloud).mixture.means
    again = from_points(own_points.decode(own_points.encode(cloud))).mixture.means
    span = np.ptp(points, axis=0).max()
    # Points in one column of the lattice may change places: each has a neighbor within a cell, and is one.
    gaps = np.abs(points[:, None] - again[None]).max(axis=2)
    assert max(gaps.min(axis=0).max(), gaps.min(axis=1).max()) <= 2 * span / own_points.LATTICE
    np.testing.assert_allclose(again.mean(axis=0), points.mean(axis=0), atol=1e-12)


def test_points_in_a_link_are_the_same_whatever_their_order_shift_and_scale() -> None:
    points = np.random.default_rng(0).normal(size=(200, 2))
    name = catalog.bring(points, "ignored")
    assert name.startswith("points:")
    assert len(name) <= 1600
    assert catalog.bring(points[::-1] * 8.0 + [1.0, -2.0], "ignored") == name
    means = catalog.dataset(name).mixture.means
    np.testing.assert_allclose(in_order(means), in_order(from_points(points).mixture.means), atol=1e-3)
    assert catalog.is_own(name)
    assert catalog.datasets(name)[name] == "Your points"


def test_more_points_than_a_link_holds_are_held_and_repeated_ones_are_not() -> None:
    rng = np.random.default_rng(0)
    assert catalog.bring(rng.normal(size=(600, 2)), "many").startswith("held:")
    assert catalog.bring(rng.normal(size=(5000, 2)), "very many").startswith("held:")
    few = np.repeat(rng.normal(size=(10, 2)), 200, axis=0)
    assert len(catalog.dataset(catalog.bring(few, "few")).mixture.means) == 2000


@given(some.text(max_size=300) | some.from_regex(r"[A-Za-z0-9_-]{1,80}", fullmatch=True))
def test_any_text_is_points_or_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="damaged: copy the whole link again"):
        own_points.decode(text)
    with pytest.raises(ValueError, match="damaged"):
        catalog.dataset(f"points:{text}")


@given(some.binary(max_size=300))
def test_any_packed_bytes_are_points_or_one_sentence(body: bytes) -> None:
    for content in (body, bytes([own_points.VERSION]) + body):
        name = f"points:{packed.pack(content)}"
        if content[:1] != bytes([own_points.VERSION]) or len(content) % 4 != 1 or len(content) < 41:
            with pytest.raises(ValueError, match="damaged"):
                catalog.dataset(name)
            continue
        try:
            means = catalog.dataset(name).mixture.means
        except ValueError:
            continue  # off the lattice, or all equal
        assert np.isfinite(means).all()
        assert len(means) == (len(content) - 1) // 4


def test_points_that_unpack_to_far_too_much_are_not_unpacked() -> None:
    bomb = packed.pack(bytes([own_points.VERSION]) + bytes(1_000_000))
    assert len(bomb) < packed.MAX_TEXT
    with pytest.raises(ValueError, match="damaged"):
        own_points.decode(bomb)
    with pytest.raises(ValueError, match="too long: 1,000,000 characters"):
        own_points.decode("A" * 1_000_000)
