"""Text of two columns becomes points, and what is wrong with it one sentence that names the row."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from ays_toy.data import own_points, own_table, packed
from ays_toy.data.datasets import LARGEST, MAX_POINTS, from_points
from ays_toy.data.own_table import Columns
from ays_toy.models import catalog

NUMBERS = some.floats(-LARGEST, LARGEST)
CLOUDS = some.lists(some.tuples(NUMBERS, NUMBERS), min_size=10, max_size=40, unique=True)
ROWS = [f"{k}.5,{k * k}" for k in range(12)]
EXPECTED = np.array([[k + 0.5, k * k] for k in range(12)])


def text(*rows: str) -> bytes:
    return "\n".join(rows).encode()


def read_csv(data: bytes, limit: int = MAX_POINTS) -> np.ndarray:
    """The columns that are proposed."""
    return own_table.points(own_table.open_table(data, limit), None, limit)


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
        (["id,x,y", *(f"a{k},{row}" for k, row in enumerate(ROWS[:9])), "a9,1,two"], "Row 11 holds 'two'"),
        (["a;b", *(f"{k};c{k}" for k in range(12))], "Row 2 holds 'c0'"),
        (["a;b;c", *(f"{k};c{k};d" for k in range(12))], "has 3 columns, .* by semicolons, and fewer than two hold"),
        (["x", *(row.split(",")[0] for row in ROWS)], "Row 2 has 1 column, read as separated by spaces"),
        (["1;2", *ROWS], "Row 1 has 1 column"),
        ([*ROWS, '"1,2'], "Row 13 has 1 column"),
        ([*ROWS, "1," + "x" * 500], "Row 13 holds 'x{20}…' where"),
        ([*ROWS, "1" * 5000], "Row 13 has 5,000 characters"),
        (ROWS[:9], "At least 10 points are needed and the file has 9"),
        (ROWS[:3], "At least 10 points are needed and the file has 3"),
        (
            ["once upon a time", "there was a table"] * 20,
            "has 4 columns, read as separated by spaces, and fewer than two",
        ),
        (["x,y"], "the file has 0"),
        (["x,y,z"], "fewer than two hold numbers"),
        ([",,,"] * 20, "the file has 0"),
        ([], "the file has 0"),
        (["1.1,2.2"] * 20, "All points are equal"),
    ],
)
def test_every_fault_is_one_sentence_that_names_the_row(rows, match):
    with pytest.raises(ValueError, match=match) as error:
        read_csv(text(*rows))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "data", [b"\xff\xfe1\x00,", b"1\x00,\x002\x00", b"PK\x03\x04\x00\x00", bytes(range(128, 256)), b"1,2\x00"]
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


def test_a_table_that_a_spreadsheet_wrote_as_unicode_text_is_read():
    data = "\r\n".join(["x\ty", *(row.replace(",", "\t").replace(".", ",") for row in ROWS)]).encode("utf-16")
    np.testing.assert_array_equal(read_csv(data), EXPECTED)


DECIMAL = [row.replace(",", " ").replace(".", ",") for row in ROWS]  # 0,5 0


@pytest.mark.parametrize(
    "rows",
    [
        DECIMAL,
        ["x y", *DECIMAL],
        ["the first, the second", *DECIMAL],
        [row.replace(" ", "   ") for row in DECIMAL],
        [row.replace(" ", "\t") for row in DECIMAL],
        [row.replace(" ", ";") for row in DECIMAL],
        [row.replace(" ", " ; ") for row in DECIMAL],
        [f"{row},0" for row in DECIMAL],  # 0,5 0,0
        [" ".join(f'"{cell}"' for cell in row.split()) for row in DECIMAL],
    ],
)
def test_decimal_commas_are_told_from_those_between_columns(rows):
    np.testing.assert_array_equal(read_csv(text(*rows)), EXPECTED)


@pytest.mark.parametrize(
    ("rows", "asked"),
    [
        (["0,1", *ROWS], True),  # pandas, to_csv(index=False) of an array
        ([",0,1", *(f"{k},{row}" for k, row in enumerate(ROWS))], False),  # and with its index
        ([",x,y", *(f"{k},{row}" for k, row in enumerate(ROWS))], False),
        (['"x" "y"', *(f'"{k}" {row}'.replace(",", " ") for k, row in enumerate(ROWS, 1))], False),  # R, write.table
        (["x,y,", *(f"{row}," for row in ROWS), ",,", ",,"], False),  # a spreadsheet's empty cells
        (["# x y", *(row.replace(",", " ") for row in ROWS)], False),  # numpy, savetxt
        (["label,0,1", *(f"cat,{row}" for row in ROWS)], True),
        (["city,2019,2020", *(f"Rome,{row}" for row in ROWS)], True),
        (["y,id,x", *(",".join([row.split(",")[1], "7", row.split(",")[0]]) for row in ROWS)], False),
        (["x,y,label", *(f"{row},{k % 3}" for k, row in enumerate(ROWS))], False),
        (["label,u,v", *(f"a{k},{row}" for k, row in enumerate(ROWS))], False),
    ],
)
def test_headings_are_recognized_or_asked_about_and_labels_are_left_out(rows, asked):
    table = own_table.open_table(text(*rows))
    assert (table.header, table.asks_header) == (True, asked)
    np.testing.assert_array_equal(own_table.points(table), EXPECTED)
    assert table.asks == (asked or table.width > 2)


def test_a_first_row_of_whole_numbers_is_a_point_if_one_says_so():
    table = own_table.open_table(text("0,1", *ROWS))
    assert (table.names(True), table.names(False)) == (("0", "1"), ("Column 1", "Column 2"))
    assert own_table.points(table, replace(table.proposed, header=False)).tolist() == [[0, 1], *EXPECTED.tolist()]
    counted = own_table.open_table(text("3,4", *ROWS))
    assert (counted.header, counted.asks_header) == (False, True)
    assert len(own_table.points(counted)) == 13
    plain = own_table.open_table(text(*(f"{k},{k * k}" for k in range(3, 20))))
    assert (plain.header, plain.asks_header, plain.asks) == (False, False, False)


TABLE = own_table.open_table(
    text("id;x;y;n;group", *(f"{k};{row.replace(',', ';')};{k % 3};g{k}" for k, row in enumerate(ROWS)))
)


def test_columns_and_weights_are_chosen_and_points_come_as_often_as_they_weigh():
    assert TABLE.proposed == Columns(1, 2, None, True)
    assert TABLE.names(True) == ("id", "x", "y", "n", "group")
    assert TABLE.numeric(True) == [0, 1, 2, 3]
    assert TABLE.about == "13 rows of 5 columns, separated by semicolons."
    np.testing.assert_array_equal(own_table.points(TABLE, Columns(2, 0, None, True))[:, 0], EXPECTED[:, 1])
    heavy = own_table.points(TABLE, Columns(1, 2, 3, True))
    np.testing.assert_array_equal(heavy, np.repeat(EXPECTED, np.arange(12) % 3, axis=0))


@given(some.lists(some.floats(0, 1), min_size=10, max_size=60))
def test_weights_of_any_kind_are_met_to_less_than_one_point(weights):
    array = np.stack([np.arange(len(weights)), np.zeros(len(weights))], axis=1).astype(np.float64)
    if not sum(weights) > 0:
        with pytest.raises(ValueError, match="some above 0"):
            own_table.weighted(array, np.array(weights), 500)
        return
    found = own_table.weighted(array, np.array(weights), 500)
    counts = np.bincount(found[:, 0].astype(int), minlength=len(weights))
    assert np.abs(counts - len(found) * np.array(weights) / np.sum(weights)).max() <= 1.001
    assert not counts[np.array(weights) == 0].any()


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        (Columns(1, 1, None, True), "One column cannot be x and y at once"),
        (Columns(1, 9, None, True), "There is no column 10 among 5"),
        (Columns(1, 4, None, True), "Row 2 holds 'g0' where a number"),
        (Columns(1, 2, 4, True), "Row 2 holds 'g0' where a number"),
        (Columns(1, 2, None, False), "Row 1 holds 'x' where a number"),
    ],
)
def test_a_bad_choice_of_columns_is_one_sentence(columns, match):
    with pytest.raises(ValueError, match=match):
        own_table.points(TABLE, columns)


def test_weights_below_zero_or_all_zero_are_one_sentence():
    for weight in ("-1", "0"):
        table = own_table.open_table(text(*(f"{row},{weight}" for row in ROWS)))
        with pytest.raises(ValueError, match="Weights must be 0 or more, and some above 0"):
            own_table.points(table, Columns(0, 1, 2))


def test_commas_that_may_be_decimal_are_spoken_of():
    """0,5,0 are three columns, or two with decimal commas: nothing in the file says which."""
    table = own_table.open_table(text(*(row.replace(".", ",") for row in ROWS)))
    assert table.asks
    assert table.about.endswith("Should the commas be decimal, save it with semicolons between columns.")


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
