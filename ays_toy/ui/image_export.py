"""The last sections of the Images page: a schedule as code or as a file, and the schedules that were published."""

import numpy as np
import streamlit as st

from ays_toy import export, figures
from ays_toy.diffusers_code import as_diffusers
from ays_toy.estimates import Measured
from ays_toy.images import published
from ays_toy.ui import record
from ays_toy.ui.gallery import STILL
from ays_toy.ui.image_state import Shown
from ays_toy.ui.image_view import FORMATS, ZERO, ImagesView
from ays_toy.words import amid_sentence, file_name

FILES = {"diffusers": ("py", "text/x-python"), "comfyui": ("txt", "text/plain"), "json": ("json", "application/json")}


def section(view: ImagesView, one: Shown) -> None:
    """Every schedule of the comparison as code for diffusers, a list for ComfyUI, JSON or CSV."""
    st.markdown("#### Take a schedule home")
    row = st.columns([0.27, 0.48, 0.25], vertical_alignment="bottom")
    name = row[0].selectbox(
        "Schedule",
        list(one.rows),
        format_func=lambda name: one.rows[name].title,
        persist_state="session",
        **record.among_those_to_come("home", one.rows),
    )
    chosen = one.rows[name]
    kind: str = (
        row[1].segmented_control(
            "As",
            list(FORMATS),
            format_func=lambda name: FORMATS[name],
            key="format",
            required=True,
            persist_state="session",
        )
        or view.format
    )
    zero = row[2].selectbox(
        "A final zero",
        list(ZERO),
        format_func=lambda name: ZERO[name],
        key="final_zero",
        disabled=kind not in ("diffusers", "comfyui"),
        persist_state="session",
        help="Image tools end at noise zero. Tools differ in whether that counts as a step: choose, and the text says.",
    )
    sigmas = chosen.schedule.sigmas
    try:
        text = _text(view, one, chosen, kind, zero)
    except ValueError as error:
        st.info(str(error), icon=":material/info:")
        return
    st.caption(_counting(kind, sigmas, zero))
    st.code(text, language="python" if kind == "diffusers" else None, wrap_lines=True)
    suffix, mime = FILES.get(kind, ("csv", "text/csv"))
    file = file_name(f"{view.image_model} {chosen.title} {chosen.schedule.steps}")
    st.download_button(
        f"Download {file}.{suffix}", text, f"{file}.{suffix}", mime, icon=":material/download:", on_click="ignore"
    )


def _text(view: ImagesView, one: Shown, row: Measured, kind: str, zero: str) -> str:
    sigmas = row.schedule.sigmas
    if kind == "diffusers":
        return as_diffusers(sigmas, one.model, solver=view.solver, final_zero=zero)
    if kind == "comfyui":
        return export.as_comfyui(sigmas, one.model, final_zero=zero)
    if kind == "csv":
        return export.as_csv(sigmas)
    about = {"model": view.image_model, "solver": view.solver, "schedule": row.schedule.name}
    return export.as_json(sigmas, method=row.title, klub=row.klub, **about)


def _counting(kind: str, sigmas: np.ndarray, zero: str) -> str:
    if kind in ("diffusers", "comfyui"):
        return export.counting(sigmas, zero)
    return f"{sigmas.size} noise levels for {export.steps(sigmas.size - 1)}; a final jump to zero is not counted."


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
        st.plotly_chart(rails, key="published", config=STILL, alt=_alt(known))
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
