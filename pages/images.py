"""Images: real diffusion models, the same noise under every schedule, optimized here and taken home."""

from functools import partial
from itertools import count

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ays_toy.ui import controls, in_numbers, running, terms, view, yours
from ays_toy.ui.images import (
    image_controls,
    image_export,
    image_run,
    image_state,
    image_view,
    side_by_side,
    strength,
    strips,
    verdict,
)
from ays_toy.ui.lessons import bar

spots: list[DeltaGenerator] = []
state = view.show(
    image_view.ImagesView,
    image_controls.model_controls,
    controls.solver,
    image_controls.steps,
    strength.control,
    lambda: spots.append(st.container()),
    image_controls.search_controls,
    controls.new_noise,
)

st.markdown(f"### {side_by_side.heading(state)}")
strength.remark(state)
running.take_up(image_state.SLOT, state.config)
known = image_state.watch(state)
one = image_state.shown(state, known)
seen = image_run.stage(state)
ready = image_state.loaded(state, known)
fit = partial(image_state.fit, ready[0] if ready else None)
with spots[0]:
    yours.control("image_yours", fit)
looks = count()


def run_as_it_goes() -> None:
    with st.container(key="run_box"):
        image_run.run_controls(state, known)
    if next(looks) > image_run.UNHURRIED:
        image_run.warm(state)


under_way = running.active(known) or image_run.warming(state) or image_state.drawing() > 0
running.follow(run_as_it_goes, partial(image_run.stage, state), seen, under_way)
if one is None:
    image_export.published_section()
    st.stop()
if words := verdict.words(state, one):
    st.container(key="images_verdict").markdown(words)
else:
    verdict.not_measured(state, one)
yours.remarks(state.image_yours, fit, state.steps)
left, right = st.container(), st.container()
if not strips.large(one.shape):
    left, right = st.columns([0.56, 0.44], gap="medium")
with left:
    side_by_side.view_control(state)
    with st.container(key="strips"):
        side_by_side.rows(state, one)
    caption = side_by_side.rows_caption(state, one)
    terms.caption(caption, "denoiser call", *(row.title for row in one.rows.values()))
with right:
    side_by_side.quality(state, one)
image_run.dials(state, one, known, seen)
side_by_side.levels(one)
with st.container(key="images_table"):
    side_by_side.table(state, one)
    in_numbers.show(partial(side_by_side.in_numbers, state, one))
with st.container(key="taking"):
    image_export.section(state, one)
    image_export.published_section()
bar.ask(partial(verdict.facts, state, one), verdict.missing)
