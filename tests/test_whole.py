"""A click is not lost to another run of the page that is asked for in the same moment."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.runtime.scriptrunner import RerunException
from streamlit.testing.v1 import AppTest

from ays_toy.ui.whole import TRIES, whole

UI = Path(__file__).parents[1] / "ays_toy" / "ui"
GIVEN = {"on_click", "on_change", "on_submit", "on_select", "on_follow", "on_place", "on_sweep"}


def page() -> None:
    """A button whose callback asks the session's state just after the browser has asked for another run."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    from ays_toy.ui.whole import whole

    def another_run() -> None:
        if not st.session_state["asked"]:
            st.session_state["asked"] = True
            get_script_run_ctx().script_requests.request_rerun(RerunData())

    def plain() -> None:
        another_run()
        st.session_state["plain"] = st.session_state.get("plain", 0) + 1

    @whole
    def held() -> None:
        another_run()
        st.session_state["held"] = st.session_state.get("held", 0) + 1

    st.session_state["asked"] = False
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.button("Plain", on_click=plain)
    st.button("Held", on_click=held)


def test_a_callback_is_done_once_and_the_page_runs_again_after_it():
    app = AppTest.from_function(page).run()
    app.button[0].click().run()
    assert "plain" not in app.session_state, "Streamlit itself loses it; if no more, `whole` can go"
    runs = app.session_state["runs"]
    app.button[1].click().run()
    assert app.session_state["held"] == 1
    assert app.session_state["runs"] > runs
    assert not app.exception


def test_it_gives_up_where_it_is_cut_short_for_ever():
    calls = []

    @whole
    def never() -> None:
        calls.append(1)
        raise RerunException(None)

    with pytest.raises(RerunException):
        never()
    assert len(calls) == TRIES


def is_callback(name: object) -> bool:
    """Whether a widget or a component of ours calls what it is given by that name."""
    return name in GIVEN or (str(name).startswith("on_") and str(name).endswith("_change"))


def callbacks() -> Iterator[tuple[str, str]]:
    """Every function that a widget calls, as the names of its module and of itself."""
    for path in [*UI.rglob("*.py"), *(UI.parents[1] / "pages").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            given = []
            if isinstance(node, ast.Call):
                given = [one.value for one in node.keywords if is_callback(one.arg)]
            elif isinstance(node, ast.Dict):
                pairs = zip(node.keys, node.values, strict=True)
                given = [v for k, v in pairs if isinstance(k, ast.Constant) and is_callback(k.value)]
            for one in given:
                for name in [one.body, one.orelse] if isinstance(one, ast.IfExp) else [one]:
                    if isinstance(name, ast.Name | ast.Attribute):
                        *module, function = ast.unparse(name).split(".")
                        yield (module or [path.stem])[-1], function


def decorated() -> set[tuple[str, str]]:
    """Every function under `whole`, in the same form."""
    return {
        (path.stem, node.name)
        for path in UI.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and any(ast.unparse(one) == "whole" for one in node.decorator_list)
    }


def test_every_callback_is_whole():
    found = list(callbacks())
    assert len(found) > 40
    known = decorated()
    assert [one for one in found if one not in known and one[1] not in GIVEN] == []  # those are passed on by a page
