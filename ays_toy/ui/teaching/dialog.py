"""*Make a link for my class*: what of the page stays visible, a task, and the link to copy, show, open and print."""

import streamlit as st

from ays_toy.ui import frame, hiding, record
from ays_toy.ui.teaching import share, sheet
from ays_toy.ui.teaching.share import ClassLink
from ays_toy.words import file_name


def offer(page: str) -> None:
    """A button that opens the dialog on the page of that name."""
    about = "Make a link for my class: the page as it is now, with fewer controls, and a QR code"
    if st.button("Class link", icon=":material/co_present:", key="open class link", type="tertiary", help=about):
        _make(page)


@st.dialog("Make a link for my class", width="large")
def _make(page: str) -> None:
    choice, result = st.columns([0.42, 0.58], gap="medium")
    with choice:
        hidden = _unticked()
        presents = st.checkbox("Present: large type, no sidebar", key="class link presents")
        task = st.text_area(
            "A task, for the sheet to print",
            key="class link task",
            max_chars=share.MOST_IN_TASK,
            height=100,
            placeholder="Which schedule finds the most modes?",
        )
    with result, frame.sentences():
        show(share.of_this_page(page, hidden, presents, task))


def _unticked() -> list[str]:
    """Ask which of the page's controls stay -> the others."""
    session = record.this_session()
    there = [name for name in hiding.CONTROLS if name in session.asked]
    now = session.values.get(record.HIDE, ())
    others = [name for name in now if name not in session.asked]  # hidden where the page is set otherwise
    if not there:
        st.caption("This page has no controls to hide.")
        return others
    st.markdown("**Controls that stay**")
    with st.container(key="class_link_controls", horizontal=True, gap="small"):
        ticked = {name: st.checkbox(hiding.CONTROLS[name], name not in now, key=f"stays {name}") for name in there}
    return [*others, *(name for name in there if not ticked[name])]


def show(link: ClassLink) -> None:
    """The link as text to copy and as QR code, a button that opens it, and a sheet to print."""
    st.code(link.address, language=None, wrap_lines=True)
    if link.code:
        source = link.code.svg_data_uri(scale=4, light="#fff")
        st.html(f"<img class='class-code' alt='QR code of the link' src='{source}'>")
    else:
        st.caption(sheet.TOO_LONG)
    row = st.container(horizontal=True, gap="small")
    row.link_button("Open it", link.address, icon=":material/open_in_new:")
    file = f"{file_name(f'class {link.title}')}.html"
    row.download_button(
        "One page to print",
        sheet.page(link),
        file,
        "text/html",
        icon=":material/print:",
        on_click="ignore",
        help="One page of HTML that needs no network: open it, and print.",
    )
