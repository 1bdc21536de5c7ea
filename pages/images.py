"""Images: real diffusion models, the same noise under every schedule, optimized here and taken home."""

import streamlit as st

from ays_toy.ui import background, controls, image_export, images, view

problems = view.open_view(images.ImagesView)
with st.sidebar:
    images.controls()
    controls.solver()
    controls.steps()
    images.figure_control()
    controls.new_noise()
state = view.current(images.ImagesView)
for problem in problems:
    st.warning(problem, icon=":material/link_off:")

st.markdown(f"### {images.heading(state)}")
known = images.watch(state)
seen = images.stage(known)


@st.fragment(run_every=background.POLL if images.running(known) else None)
def live() -> None:
    images.run_controls(state, known)
    images.follow(state, seen)


live()
one = images.shown(state, known)
if one is None:
    image_export.published_section()
    st.stop()
images.remember(state, one, known)
if words := images.verdict(state, one):
    st.markdown(words)
left, right = st.container(), st.container()
if not images.large(one):
    left, right = st.columns([0.56, 0.44], gap="medium")
with left:
    images.view_control(state)
    images.rows(state, one)
    st.caption(images.rows_caption(state, one))
with right:
    images.quality(state, one, known)
images.levels(one)
images.table(one)
image_export.section(state, one)
image_export.published_section()
