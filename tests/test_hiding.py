"""What a link hides and presents: `hide=` and `present=1` on every page, alone and together with a lesson."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest
from pages_shown import opened, run
from streamlit.testing.v1 import AppTest
from test_record import PAGE_OF, PAGES, VIEWS, query

from ays_toy.ui import codec, hiding
from ays_toy.ui.beat_ays import attempts
from ays_toy.ui.view import Shared

pytestmark = pytest.mark.usefixtures("home")

ROOT = Path(__file__).parent.parent
NO_CONTROLS = {"lesson", "nickname", "hide", "present", "done"}  # fields that nothing on the page changes
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
        assert len(all_drawn) >= 3 or page in ("learn", "teach")
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


def move(at: AppTest, inner: list[float]) -> AppTest:
    """As the board of Beat AYS tells it."""
    version = f"{at.session_state['attempt'].changes} 80 0.002"
    at.session_state[attempts.BOARD] = {"move": {"levels": inner, "version": version, "table": None}}
    return run(at)


@pytest.mark.parametrize("inner", [[20.0, 2.0, 0.4, 0.05], [2.0, 0.4]])
def test_where_steps_are_hidden_their_number_is_kept_however_levels_are_placed(inner: list[float]) -> None:
    at = opened("beat_ays", data="gaussian", steps="4", hide="steps")
    move(at, [2.0, 0.4, 0.05])
    assert query(at)["levels"] == "2,0.4,0.05"
    move(at, inner)
    assert query(at)["levels"] == "2,0.4,0.05"
    assert "number of steps stays as it is" in " ".join(one.value for one in at.markdown)
    at.text_area(key="bring attempt text").set_value("80, 9, 0.002")
    next(one for one in at.button if one.label == "Bring it").click()
    run(at)
    assert "4 steps, not 2" in at.error[0].value
    assert query(at)["levels"] == "2,0.4,0.05"
    at.button(key="undo").click()
    assert "levels" not in query(run(at))
    assert at.session_state["steps"] == 4


def test_undo_does_not_lead_back_over_steps_that_a_link_has_hidden_since() -> None:
    at = opened("beat_ays", data="gaussian", steps="4")
    move(at, [20.0, 2.0, 0.4, 0.05])
    at.session_state["record"].choose("hide", ("steps",))
    assert run(at).button(key="undo").disabled
    assert query(at)["levels"] == "20,2,0.4,0.05"


def what_figures_say() -> None:
    import streamlit as st

    from ays_toy.ui import record, trajectories
    from ays_toy.ui.optimize import watching

    record.this_session().values["hide"] = st.session_state["hidden"]
    st.session_state[trajectories.PLAYER] = {"follow": {"path": 7}, "place": {"at": 0.5}}
    st.session_state[watching.PLAYER] = {"sweep": {"at": 3}}
    for take in (trajectories._took, trajectories._rested, watching._rested):
        take()
    st.text([st.session_state.get(name) for name in ("follow", "place", "sweep")])


@pytest.mark.parametrize(
    ("hidden", "taken"), [((), [7, 0.5, 3]), (("place",), [7, None, 3]), (("follow", "sweep"), [None, 0.5, None])]
)
def test_what_a_figure_says_of_a_hidden_field_is_not_taken(hidden: tuple[str, ...], taken: list[float | None]) -> None:
    at = AppTest.from_function(what_figures_say)
    at.session_state["hidden"] = hidden
    assert at.run().text[0].value == str(taken)


@pytest.mark.parametrize(
    ("page", "lesson", "hide"),
    [
        ("explore", "what-a-sampler-does.2", "solver"),  # which the step would show
        ("optimize", "the-papers-search.1", "sweep"),  # which it has the learner move
    ],
)
def test_what_a_link_hides_in_a_step_is_shown_from_within_the_step(page: str, lesson: str, hide: str) -> None:
    at = opened(page, lesson=lesson, hide=hide)
    assert "show all" not in {one.key for one in at.sidebar.button}, "which a step does not show"
    at.button(key="show all").click()
    assert "hide" not in query(run(at))
    assert (hide in drawn(at)) == (hide == "solver")


def test_a_step_says_nothing_of_what_it_leaves_out_itself() -> None:
    at = opened("explore", lesson="what-a-sampler-does.2", hide="columns")
    assert "show all" not in {one.key for one in at.button}
