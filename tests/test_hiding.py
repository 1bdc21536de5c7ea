"""What a link hides and presents: `hide=` and `present=1` on every page, alone and together with a lesson."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest
from pages_shown import opened, run
from streamlit.testing.v1 import AppTest
from test_record import PAGE_OF, PAGES, VIEWS, query

from ays_toy.ui import codec, hiding
from ays_toy.ui.view import Shared

pytestmark = pytest.mark.usefixtures("home")

ROOT = Path(__file__).parent.parent
NO_CONTROLS = {  # fields that are no widget: a place on the page, or what is moved in a figure
    *("lesson", "nickname", "hide", "present", "done"),
    *("follow", "place", "sweep"),
}
KINDS = (
    *("selectbox", "slider", "multiselect", "select_slider", "button_group", "number_input"),
    *("toggle", "text_input", "text_area", "radio"),
)
QUICK = {"data": "gaussian", "steps": "3"}
WORDED = {  # otherwise where they stand: two labels that are read together, or another on each page
    *("sigma_min", "sigma_max", "metric", "power", "share", "targets", "columns", "way", "pictures"),
    *("more", "home", "format"),
}


def drawn(at: AppTest) -> dict[str, str]:
    """The labels of all widgets by their key."""
    return {one.key: one.label for kind in KINDS for one in at.get(kind) if one.key}


def buttons(at: AppTest) -> set[str]:
    return {one.label for one in at.button}


def warned(at: AppTest) -> str:
    return " ".join(one.value for one in at.warning)


def test_every_field_that_has_a_control_can_be_hidden() -> None:
    every = {field.name for cls in (*VIEWS, Shared) for field in fields(cls)}
    assert set(hiding.CONTROLS) == every - NO_CONTROLS


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_a_page_draws_none_of_the_controls_that_are_hidden_and_all_others(view: type) -> None:
    page = PAGE_OF[view]
    own = [field.name for field in fields(view) if field.name in hiding.CONTROLS]
    quick = {name: text for name, text in QUICK.items() if name in own and page != "data"}
    all_drawn = set(drawn(opened(page, **quick))) & set(own)
    at = opened(page, **quick, hide=",".join(own))
    assert not set(drawn(at)) & set(own)
    assert not buttons(at) & {"New noise", "Add", "Remove", "Use your own points", "Reveal"}
    assert not [
        one for one in at.get("popover") if one.proto.popover.label in ("Bring a schedule", "Columns of the table")
    ]
    assert not at.warning
    assert query(at) == quick | ({"hide": ",".join(own)} if own else {}), "what is hidden keeps its value"
    if own:
        assert len(all_drawn) > 3 or page in ("learn", "teach")
        at.button(key="show all").click()
        assert set(drawn(run(at))) & set(own) == all_drawn
        assert query(at) == quick


def test_the_words_for_controls_are_those_beside_them() -> None:
    for page in PAGES:
        labels = drawn(opened(page, **QUICK))
        for name in (set(labels) & set(hiding.CONTROLS)) - WORDED:
            assert hiding.CONTROLS[name].lower() in labels[name].lower(), name


def test_one_hidden_control_leaves_the_others_where_they_are() -> None:
    at = opened("explore", **QUICK, hide="seed,sigma_min")
    keys = drawn(at)
    assert {"data", "model", "solver", "steps", "sigma_max"} <= set(keys)
    assert "sigma_min" not in keys
    assert "New noise" not in buttons(at)


def test_a_control_of_another_page_is_no_error_and_an_unknown_one_is_a_sentence() -> None:
    at = opened("explore", **QUICK, hide="weight,no-such,solver")
    assert len(at.warning) == 1
    assert "no-such" in warned(at)
    assert "solver" not in drawn(at)
    assert query(at)["hide"] == "weight,solver"
    assert not [one for one in opened("explore", **QUICK, hide="weight").button if one.key == "show all"]


@pytest.mark.parametrize("text", ["1.5", "yes", "2", "-1", ""])
def test_presenting_is_one_or_nothing(text: str) -> None:
    at = opened("explore", **QUICK, present=text)
    assert "present" in warned(at)
    assert "present" not in query(at)


def test_presenting_is_left_by_its_button() -> None:
    at = opened("trajectories", data="gaussian", steps="3", shown="edm,gaussian", present="1")
    assert query(at)["present"] == "1"
    at.button(key="leave presenting").click()
    assert "present" not in query(run(at))
    assert "leave presenting" not in {one.key for one in at.button}


def test_a_lesson_and_a_link_hide_together() -> None:
    lesson = "what-a-sampler-does.2"  # which leaves steps and solver
    assert {"steps", "solver"} <= set(drawn(opened("explore", lesson=lesson)))
    both = set(drawn(opened("explore", lesson=lesson, hide="solver,data")))
    assert "steps" in both
    assert not both & {"solver", "data", "shown"}


@pytest.mark.parametrize(
    ("text", "hidden"), [("seed", ("seed",)), ("seed,seed, steps", ("seed", "steps")), ("none", ()), ("", ())]
)
def test_what_is_hidden_goes_round(text: str, hidden: tuple[str, ...]) -> None:
    state, problems = codec.from_query(Shared, {"hide": text})
    assert (state.hide, problems) == (hidden, [])
    assert codec.from_query(Shared, codec.to_query(state)) == (state, [])


def test_what_is_unknown_is_quoted_shortly_and_the_rest_is_taken() -> None:
    state, (words,) = codec.from_query(Shared, {"hide": f"steps,{'x' * 900},seed"})
    assert state.hide == ("steps", "seed")
    assert len(words) < 200


def test_every_widget_of_a_field_asks_whether_it_is_visible() -> None:
    """A call with `key="steps"` stands under a decorator or a condition that names the field."""
    for file in [*(ROOT / "ays_toy" / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]:
        tree = ast.parse(file.read_text("utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            guarded = {
                part.value
                for call in calls
                if getattr(call.func, "id", getattr(call.func, "attr", "")) in ("visible", "draws", "pick")
                for part in call.args
                if isinstance(part, ast.Constant)
            }
            keys = {
                word.value.value
                for call in calls
                for word in call.keywords
                if word.arg == "key" and isinstance(word.value, ast.Constant)
            }
            assert keys & set(hiding.CONTROLS) <= guarded, (file.name, function.name)
