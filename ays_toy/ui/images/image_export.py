"""The last sections of the Images page: a schedule as code or as a file, and the schedules that were published."""

import streamlit as st

from ays_toy import figures
from ays_toy.exchange.formats import FORMATS, Taken
from ays_toy.images import published
from ays_toy.ui import frame, gallery, record
from ays_toy.ui.controls import pick
from ays_toy.ui.images.image_state import Shown
from ays_toy.ui.images.image_view import ZERO, ImagesView
from ays_toy.words import amid_sentence, file_name


def section(view: ImagesView, one: Shown) -> None:
    """Every schedule of the comparison as code for diffusers, a list for ComfyUI, JSON or CSV."""
    st.markdown("#### Take a schedule home")
    row = st.columns([0.27, 0.48, 0.25], vertical_alignment="bottom")
    titles = {name: row.title for name, row in one.rows.items()}
    name = pick("Schedule", titles=titles, kind=row[0].selectbox, **record.among_those_to_come("home", one.rows))
    titles = {name: form.title for name, form in FORMATS.items()}
    form = FORMATS[pick("As", "format", titles, row[1].segmented_control, required=True, wrap=True) or view.format]
    zero = pick(
        "A final zero",
        "final_zero",
        ZERO,
        row[2].selectbox,
        disabled=not form.ends_in_zero,
        help="Image tools end at noise zero. Tools differ in whether that counts as a step: choose, and the text says.",
    )
    about = {"model": view.image_model, "schedule": name}
    taken = Taken(one.rows[name], view.solver, one.model, zero, about)
    try:
        text = form.text(taken)
    except ValueError as error:
        st.info(frame.literal(str(error)), icon=":material/info:")
        return
    st.caption(form.counting(taken))
    st.code(text, language=form.language, wrap_lines=True)
    file = f"{file_name(f'{view.image_model} {taken.found.title} {taken.found.schedule.steps}')}.{form.suffix}"
    st.download_button(f"Download {file}", text, file, form.mime, icon=":material/download:", on_click="ignore")


def published_section() -> None:
    """The schedules that the authors published, as figure and as lists."""
    box = st.expander(
        "The schedules that the authors published, for four models",
        icon=":material/menu_book:",
        key="published box",
        on_change="rerun",
    )
    if not box.open:
        return  # reading them brings in diffusers, which takes seconds
    with box:
        known = published.everything()
        rails = figures.levels_side_by_side(list(known.values()))
        gallery.figure(rails, "published", "Published schedules", _alt(known))
        st.caption(
            "**Look for** levels that crowd where each model makes its choices. 10 steps, 11 levels; a final jump to "
            "zero is not counted. Where a published model is loaded above, its schedule joins the comparison, "
            "interpolated in log σ to the chosen number of steps."
        )
        name = st.selectbox("As a list", list(known), format_func=lambda one: known[one].title, key="published name")
        one = known[name]
        st.code(", ".join(f"{sigma:g}" for sigma in one.sigmas), language=None, wrap_lines=True)
        steps = "in continuous time" if one.timesteps is None else f"timesteps {', '.join(map(str, one.timesteps))}"
        st.caption(f"{steps[0].upper()}{steps[1:]}. Source: {amid_sentence(one.source)}.")


def _alt(known: dict[str, published.Published]) -> str:
    parts = [f"{one.title}: {', '.join(f'{sigma:g}' for sigma in one.sigmas)}" for one in known.values()]
    return f"Published noise levels. {'. '.join(parts)}."
