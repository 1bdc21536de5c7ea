"""What was drawn last stays where the browser's own pictures lie over it."""

from streamlit.testing.v1 import AppTest


def page() -> None:
    """A figure that is drawn once, and then left as it is where it is of another view."""
    import streamlit as st

    from ays_toy.runs.comparison import Model
    from ays_toy.sampling.schedules import Schedule
    from ays_toy.ui import following, gallery

    run = st.session_state["run"] = st.session_state.get("run", 0) + 1
    model = Model.current("moons", "exact")
    panel = gallery.panel(model, Schedule("edm", "EDM"), None, f"waits {run}")
    now = [8, None, "one" if run < 4 else "other"]
    left = run > 1 and gallery.show_last(st, following.covered(now))
    if not left:
        gallery.show(st, model, [panel], meta=now, whole=run > 1)
    st.text(str(left))


def notes(shown: AppTest) -> str:
    return str(shown.get("plotly_chart")[0].proto.spec)


def test_it_stays_where_more_than_the_sliders_differs_and_is_drawn_anew_otherwise() -> None:
    shown = AppTest.from_function(page, default_timeout=60).run()
    assert not shown.exception
    told = []
    for _ in range(4):
        told.append((shown.text[-1].value, notes(shown)))
        shown.run()
    assert [left for left, _ in told] == ["False", "False", "False", "True"]
    drawn = [spec for _, spec in told]
    assert "waits 2" in drawn[1], "what is not whole is left by nobody"
    assert "waits 3" in drawn[2], "the same view is drawn anew"
    assert drawn[3] == drawn[2], "another is left as it was"
