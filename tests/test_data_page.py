"""The page of one's own data, and what comes of them on the other pages, run without a browser."""

import io
import time

import numpy as np
import pytest
from pages_shown import opened, run
from PIL import Image
from streamlit.testing.v1 import AppTest

from ays_toy.data.drawing import Drawing, Stroke
from ays_toy.models import catalog
from ays_toy.models.store import ModelStore, PointStore
from ays_toy.ui import codec
from ays_toy.ui.beat_ays.board import ChallengeView
from ays_toy.ui.train.network import TrainView
from ays_toy.ui.view import ModelView, SearchView, View

pytestmark = pytest.mark.usefixtures("home")

BAR = {"path": [100, 256, 400, 256], "brush": 40, "strength": 3, "symmetry": "none", "erase": False}
BAR_STROKE = Stroke(((100, 256), (400, 256)), 40)
NAME = catalog.name_of_drawing(Drawing((BAR_STROKE,), 1000))
FEW = catalog.name_of_drawing(Drawing((BAR_STROKE,), 60))  # quick on every page
FAST = {"steps": "3", "sigma_min": "0.05", "sigma_max": "10"}


def draw(at: AppTest, strokes: object, version: str = "0") -> AppTest:
    """As the pad tells of it."""
    at.session_state["pad"] = {"drawing": {"strokes": strokes, "version": version}}
    return run(at)


def words(at: AppTest) -> str:
    """Everything that is said, the pad's own words included."""
    parts = [element.value for element in (*at.markdown, *at.caption, *at.error, *at.warning)]
    return " ".join([*parts, at.session_state["own data"].troubles.get("draw", "")]).replace("\\", "")


def panels(at: AppTest) -> str:
    return at.get("plotly_chart")[-1].proto.spec


def test_the_page_opens_on_an_example_with_samples_and_changes_nothing_elsewhere() -> None:
    at = opened("data", **FAST)
    assert "The data" in panels(at)
    assert panels(at).count("Sliced W2") == 2
    assert "An example lies on the pad" in words(at)
    assert at.session_state["data"] == "grid-8x8"
    assert "data" not in at.query_params


def test_what_is_drawn_is_sampled_chosen_and_in_the_link() -> None:
    at = opened("data", **FAST)
    before = panels(at)
    at.select_slider(key="many").set_value(1000)
    run(at)
    draw(at, [BAR])
    assert panels(at) != before
    assert at.session_state["data"] == NAME
    assert at.query_params["data"] == NAME
    assert "whoever opens it" in words(at)
    other = opened("data", data=NAME, **FAST)
    assert panels(other) == panels(at)
    assert other.session_state["own data"].drawing == Drawing((BAR_STROKE,), 1000)


def test_what_the_pad_should_not_send_is_a_sentence_and_costs_nothing() -> None:
    at = draw(opened("data", **FAST), [BAR])
    stood = panels(at)
    for sent, sentence in (
        ([{**BAR, "brush": 1e9}], "brush's width must be"),
        ("nonsense", "list of strokes"),
    ):
        draw(at, sent, str(at.session_state["own data"].changes))
        assert sentence in words(at)
        assert panels(at) == stood
    version = str(at.session_state["own data"].changes)
    draw(at, [BAR, {**BAR, "path": [250, 100]}], version)
    assert at.session_state["own data"].troubles == {}
    assert panels(at) != stood
    draw(at, [BAR], "of a drawing that is gone")
    assert len(at.session_state["own data"].drawing.strokes) == 2


@pytest.mark.parametrize("nothing", [[], [BAR, {**BAR, "brush": 128, "erase": True}]])
def test_a_pad_that_was_cleared_shows_nothing_and_nothing_goes_on(nothing: list[dict[str, object]]) -> None:
    at = opened("data", **FAST)
    draw(at, nothing)  # the example, cleared
    assert "no ink left" in words(at)
    assert not at.get("plotly_chart")
    assert "The other pages stay with **Grid 8×8** meanwhile" in at.info[0].value
    onward = [at.button(key=f"{page} shown") for page in ("explore", "train", "optimize")]
    assert all(button.disabled for button in onward)
    assert "data" not in at.query_params

    draw(at, [BAR])
    stood, name = panels(at), at.session_state["data"]
    assert not at.info
    draw(at, nothing)
    assert not at.get("plotly_chart")
    assert at.session_state["data"] == name, "what the other pages have is theirs until something else is drawn"
    at.slider(key="steps").set_value(4)
    assert not run(at).get("plotly_chart"), "and nothing but drawing brings it back"
    at.slider(key="steps").set_value(3)
    run(at)
    draw(at, [BAR])  # undone
    assert panels(at) == stood
    assert not at.button(key="explore shown").disabled


def test_the_way_in_is_held_by_the_link() -> None:
    at = opened("data", **FAST)
    at.button_group(key="way").set_value("image")
    run(at)
    assert at.query_params["way"] == "image"
    at = opened("data", data=NAME, way="image", **FAST)
    assert at.session_state["way"] == "image"
    assert at.session_state["own data"].shown == NAME


def test_two_drawings_in_one_list_are_told_apart() -> None:
    at = AppTest.from_file("../pages/trajectories.py", default_timeout=120)
    at.session_state["latest own data"] = NAME
    for key, value in {"data": FEW, **FAST}.items():
        at.query_params[key] = value
    run(at)
    assert at.selectbox(key="data").options[-2:] == ["Your drawing", "Your drawing (2)"]
    at.slider(key="steps").set_value(4)
    assert run(at).selectbox(key="data").value == FEW
    at.selectbox(key="data").select("Your drawing (2)")
    assert run(at).selectbox(key="data").value == NAME


def test_a_drawing_too_detailed_for_a_link_says_so_and_is_data_all_the_same() -> None:
    rng = np.random.default_rng(0)
    strokes = [{**BAR, "brush": 6, "path": rng.integers(0, 512, 60).tolist()} for _ in range(40)]
    at = draw(opened("data", **FAST), strokes)
    assert "too detailed to travel in a link" in words(at)
    assert at.session_state["data"].startswith("held:")
    assert panels(at).count("Sliced W2") == 2


def upload(at: AppTest, way: str, name: str, data: bytes) -> AppTest:
    at.button_group(key="way").set_value(way)
    run(at)
    at.file_uploader(key=f"{way} file").upload(name, data, "application/octet-stream")
    return run(at)


def image() -> bytes:
    file, pixels = io.BytesIO(), np.full((60, 60), 255, dtype=np.uint8)
    pixels[20:40, 10:50] = 0
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_an_image_and_a_table_become_data_and_faults_become_sentences() -> None:
    at = opened("data", **FAST)
    upload(at, "image", "cat <b>.png", image())
    name = at.session_state["data"]
    assert catalog.dataset(name).title == "cat b.png (your points)"
    assert (
        np.abs(catalog.dataset(name).mixture.means[:, 0]).max()
        > 1.5 * np.abs(catalog.dataset(name).mixture.means[:, 1]).max()
    )
    assert "Too many points to travel in a link" in words(at)
    at.select_slider(key="many").set_value(1000)
    run(at)
    assert len(catalog.dataset(at.session_state["data"]).mixture.means) == 1000
    kept = at.session_state["data"]
    upload(at, "image", "broken.png", image()[:60])
    assert "damaged or cut short" in words(at)
    assert at.session_state["data"] == kept
    upload(at, "csv", "words.csv", b"once upon a time\nthere was a table\n" * 20)
    assert "The file has 4 columns, read as separated by spaces, and fewer than two hold numbers" in words(at)
    upload(at, "csv", "three.csv", b"1,2\n3,4\n5,6\n")
    assert "the file has 3" in words(at)
    upload(at, "csv", "cloud.csv", "\n".join(f"{k % 7},{k % 5}" for k in range(100)).encode())
    name = at.session_state["data"]
    assert len(catalog.dataset(name).mixture.means) == 100
    assert name.startswith("points:")
    assert "The address of this page holds these points" in words(at)
    there = opened("explore", data=name, **FAST)
    assert there.selectbox(key="data").value == name
    assert set(there.dataframe[0].value["Schedule"]) >= {"KLUB optimum", "EDM", "Fresh data"}


def labelled() -> bytes:
    rows = [f"{k},{k % 7}.5,{k % 5},{k % 3},city {k}" for k in range(40)]
    return "\n".join(["id,u,v,n,label <img>", *rows]).encode()


def spread(at: AppTest) -> list[float]:
    """How far the data reach across and up."""
    return np.ptp(catalog.dataset(at.session_state["data"]).mixture.means, axis=0).round(3).tolist()


def test_columns_of_a_table_are_chosen_kept_and_a_bad_choice_costs_nothing() -> None:
    at = upload(opened("data", **FAST), "csv", "cities.csv", labelled())
    assert "41 rows of 5 columns, separated by commas." in words(at)
    boxes = {key: at.selectbox(key=f"csv {key}") for key in ("x", "y", "weights")}
    assert {key: box.value for key, box in boxes.items()} == {"x": 1, "y": 2, "weights": -1}
    assert boxes["x"].options == ["id", "u", "v", "n"]
    assert boxes["weights"].options[0] == "None"
    stood, proposed = at.session_state["data"], spread(at)
    assert proposed[0] > proposed[1]
    at.selectbox(key="csv x").set_value(2)
    run(at)
    assert "One column cannot be x and y at once: choose two." in words(at)
    assert at.session_state["data"] == stood
    at.selectbox(key="csv y").set_value(1)
    run(at)
    assert "One column" not in words(at)
    assert spread(at) == pytest.approx(proposed[::-1], abs=0.01)
    at.selectbox(key="csv weights").set_value(3)
    run(at)
    chosen = at.session_state["data"]
    assert len(catalog.dataset(chosen).mixture.means) == sum(k % 3 for k in range(40))
    # The page is left, with its widgets, and opened again in the same session.
    again = AppTest.from_file("../pages/data.py", default_timeout=120)
    for key in ("own data", "data", "model", "way"):
        again.session_state[key] = at.session_state[key]
    again.query_params["data"] = chosen
    run(again)
    assert [again.selectbox(key=f"csv {key}").value for key in ("x", "y", "weights")] == [2, 1, 3]
    assert again.session_state["data"] == chosen


def test_a_first_row_of_numbers_is_asked_about_and_two_columns_are_not() -> None:
    rows = [f"{k % 7}.5,{k % 5}" for k in range(40)]
    at = upload(opened("data", **FAST), "csv", "array.csv", "\n".join(["0,1", *rows]).encode())
    assert [box.key for box in at.selectbox if box.key and box.key.startswith("csv")] == []
    assert at.checkbox(key="csv header").label == "The first row (0, 1) is a heading, not a point"
    assert at.checkbox(key="csv header").value
    assert len(catalog.dataset(at.session_state["data"]).mixture.means) == 40
    at.checkbox(key="csv header").uncheck()
    run(at)
    assert len(catalog.dataset(at.session_state["data"]).mixture.means) == 41
    upload(at, "csv", "plain.csv", "\n".join(rows).encode())
    assert not [box for box in at.checkbox if box.key == "csv header"]


def test_points_are_kept_listed_shown_and_deleted() -> None:
    at = draw(opened("data", **FAST), [BAR])
    at.text_input(key="points_name").set_value("no/good").run()
    at.button(key="keep points").click()
    assert "A name must be" in words(run(at))
    at.text_input(key="points_name").set_value("my bar").run()
    at.button(key="keep points").click()
    run(at)
    assert at.session_state["data"] == "own:my bar"
    assert "**my bar** · 2,000 points · 32 kB" in words(at)
    drawn = catalog.dataset(catalog.name_of_drawing(Drawing((BAR_STROKE,)))).mixture.means
    np.testing.assert_allclose(catalog.dataset("own:my bar").mixture.means, drawn, atol=1e-12)
    draw(at, [BAR, {**BAR, "path": [250, 100]}])
    assert at.session_state["data"].startswith("drawn:")
    at.button(key="show own:my bar").click()
    assert run(at).session_state["data"] == "own:my bar"
    at.button(key="delete points my bar").click()
    run(at)
    assert PointStore().list() == ()
    assert at.session_state["data"].startswith("drawn:")


@pytest.mark.parametrize("page", [ModelView, View, TrainView, SearchView, ChallengeView])
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (NAME[:-5], "is damaged: copy the whole link again"),
        ("drawn:" + "A" * 1590, "where a link holds 1,500 at most"),
        ("drawn:" + "A" * 5000, "where at most 1,600 make sense"),
        ("drawn:<script>alert(1)</script>", "is damaged"),
        ("points:" + "A" * 40, "are damaged: copy the whole link again"),
        ("held:0123", "are gone: add them again"),
    ],
)
def test_a_hostile_or_damaged_link_is_one_sentence_on_every_page(page: type, data: str, sentence: str) -> None:
    state, problems = codec.from_query(page, {"data": data})
    assert len(problems) == 1
    assert problems[0].startswith("The link's “data” was left at its default: ")
    assert sentence in problems[0]
    assert len(problems[0]) < 300
    assert state == page()


def test_a_damaged_link_opens_the_page_with_that_sentence() -> None:
    at = opened("data", data=NAME[:-5], **FAST)
    assert len(at.warning) == 1
    assert "damaged" in at.warning[0].value
    assert "An example lies on the pad" in words(at)


def test_a_drawing_is_explored_trained_on_and_optimized_by_its_link_alone() -> None:
    at = opened("explore", data=FEW, **FAST)
    assert at.selectbox(key="data").value == FEW
    assert "Your drawing" in at.selectbox(key="data").options
    assert set(at.dataframe[0].value["Schedule"]) >= {"KLUB optimum", "EDM", "Fresh data"}
    at = opened("optimize", data=FEW, samples="512", **FAST)
    assert at.selectbox(key="data").value == FEW
    at = opened("train", data=FEW, width="16", length="200", batch="64")
    at.button(key="train").click()
    run(at)
    end = time.monotonic() + 90
    while not at.session_state["watches"]["training"].progress.finished:
        assert time.monotonic() < end
        time.sleep(0.1)
    run(at)
    at.text_input(key="model_name").set_value("barred").run()
    at.button(key="keep").click()
    run(at)
    assert ModelStore().list()[0].about["data"] == FEW
    assert any("**barred** · Your drawing" in element.value for element in at.markdown)
    assert list(catalog.models(FEW)) == ["exact", "saved:barred"]
