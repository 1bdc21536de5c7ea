"""Train: a small network learns to denoise, and everything it has learned so far can be seen."""

from functools import partial

import streamlit as st

from ays_toy.ui import background, controls, gallery, keep, own_data, running, train, view
from ays_toy.ui.components import field_player

state = view.show(train.TrainView, controls.data, own_data.link, train.network_controls, besides=keep.set_aside)

st.markdown("### A small network learns to see the data behind the noise: watch what it has learned so far")
watch = background.current(train.SLOT)
seen = running.stage(train.SLOT)


def run_as_it_goes() -> None:
    train.run_controls(state, watch)
    one = train.shown(state, watch)
    film = st.container(key="panels_box6")
    film.plotly_chart(
        train.film(one, state), key="film", height="stretch", config=gallery.STILL, alt=train.film_alt(one, state)
    )
    left, right = st.columns([0.4, 0.6], gap="medium")
    with left:
        train.curves(one)
        train.calibration(one)
    with right:
        if one:
            field_player(one.field, key="field", title=one.what)
            st.caption(train.FIELD_LOOK)


running.follow(run_as_it_goes, partial(running.stage, train.SLOT), seen, running.active(watch), train.POLL)
st.markdown("#### Keep it, and use it on every page")
keep.models(watch)
