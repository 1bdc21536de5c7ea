"""The frame: page configuration and navigation."""

import os

# Schedules are drawn in parallel, one to a core; threads within each would only wait for each other. Before torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import streamlit as st

from ays_toy import launch, serving

with launch.reading():
    from ays_toy.ui import compute, downloads, frame, front, keeper, parts, telling
    from ays_toy.ui.components.address import one_entry_a_deed
    from ays_toy.ui.teaching import dialog

# The sidebar is open, but shut on a phone, where it would lie over the page.
icon = launch.folder() / "docs" / "icon.svg"
st.set_page_config("AYS Explorer", page_icon=str(icon), layout="wide", initial_sidebar_state="auto")
frame.begin()
parts.keep_in_order()
telling.note_what_is_told()
with frame.sentences():
    if serving.current().shared:  # what is not said well is not open to anybody
        compute.prepare()
    one_entry_a_deed(keeper.cookie())
front.open_door()
pages = [st.Page(f"pages/{name}.py", title=title, url_path=name) for name, title in front.TITLES.items()]
page = st.navigation(
    [st.Page(front.nowhere, title="AYS Explorer", default=True, visibility="hidden"), *pages], position="top"
)
if page.url_path in front.WITH_CONTROLS:
    st.sidebar.empty()  # it is there from the beginning, and nothing beside it moves
with frame.beside_names():
    files = st.container(key="files", width="content")  # what is in it is known once the page has been drawn
    dialog.offer(page.url_path)
    frame.glossary()
with front.way_on(page.url_path), frame.sentences(), downloads.menu(page.url_path, files):
    page.run()
