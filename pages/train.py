"""Train: a small network learns to denoise, and everything it has learned so far can be seen."""

from functools import partial

import streamlit as st

from ays_toy.ui import background, controls, gallery, in_numbers, running, terms, view
from ays_toy.ui.components import field_player
from ays_toy.ui.components.field import label
from ays_toy.ui.own_data import bringing
from ays_toy.ui.train import keeping, network

state = view.show(network.TrainView, controls.data, bringing.link, network.network_controls, besides=keeping.set_aside)

st.markdown("### A small network learns to see the data behind the noise: watch what it has learned so far")
network.take_up(state)
watch = background.current(network.SLOT)
seen = running.stage(network.SLOT)


def run_as_it_goes() -> None:
    network.run_controls(state, watch)
    one = network.shown(state, watch)
    found = network.finding(one)
    st.container(key="finding_learned").markdown(found, help=terms.about(found))
    room = network.room_for_pictures(one)
    above, (left, right) = st.container(), st.columns([0.4, 0.6], gap="medium")
    film = (above if room > 2 else left).container(key=f"panels_box{room}")
    pictures, words = network.film(one, state), network.film_alt(one, state)
    gallery.figure(pictures, "film", "Samples as it learned", words, film, height="stretch")
    with left:
        network.curves(one)
        network.calibration(one)
    with right:
        if one:
            field_player(one.field, key="field", title=one.what)
            terms.caption(network.FIELD_LOOK)
            in_numbers.show(partial(map, label, one.field.frames))


running.follow(run_as_it_goes, partial(running.stage, network.SLOT), seen, running.active(watch), network.POLL)
with st.container(key="keeping"):
    st.markdown("#### Keep it, and use it on every page")
    keeping.models(watch)
