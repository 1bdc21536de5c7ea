"""The look that all pages share, beyond what the theme in .streamlit/config.toml can say."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ays_toy import glossary as terms

_CSS = """
<style>
.block-container { padding: 3.9rem 1.5rem 0.5rem; }
[data-testid="stSidebarHeader"] { height: 2.2rem; margin-bottom: 0; }
[data-testid="stSidebarUserContent"] { padding-bottom: 1rem; }
[data-testid="stSidebarUserContent"] [data-testid="stVerticalBlock"] { gap: 0.6rem; }
.block-container [data-testid="stVerticalBlock"] { gap: 0.35rem; }
.block-container h3 { padding: 0; font-size: 1.35rem; }
.block-container [data-testid="stMarkdown"] [data-testid="stMarkdownContainer"],
.block-container [data-testid="stCaptionContainer"] { margin-bottom: 0; }
[data-testid="stCaptionContainer"] p { margin: 0; font-size: 0.82rem; line-height: 1.35; }
[class*="st-key-panels_box"] { container-type: inline-size; }
.st-key-panels_box5 > div { height: calc(20cqw + 77px) !important; }
.st-key-panels_box52 > div { height: calc(20cqw + 62px) !important; }
.st-key-panels_box62 > div { height: calc(16.6cqw + 62px) !important; }
.st-key-panels_box3 > div { height: calc(33cqw + 62px) !important; }
.st-key-panels_box6 > div { height: calc(16.6cqw + 62px) !important; }
@container (max-width: 800px) {
  .annotation-text { font-size: 12px !important; }
  .annotation-text tspan[style*="font-size"] { font-size: 11px !important; }
}
[data-testid="stLayoutWrapper"]:has(> .st-key-glossary) { position: absolute; }
.st-key-glossary { position: fixed; top: 0.7rem; right: 4.2rem; width: auto; z-index: 999991; }
.st-key-verdict { min-height: 3.2rem; }
.st-key-verdict p { font-size: 0.92rem; line-height: 1.4; }
.block-container h4 { padding: 0.4rem 0 0; font-size: 1.1rem; }
.st-key-address { display: none; }
</style>
"""


def within_app() -> None:
    """Begin with app.py where a page's own address is the first that anyone opens on a server.

    Until app.py has named its pages once, Streamlit takes the files of pages/ for an app without a frame.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def glossary() -> None:
    """A button beside the pages' names that opens what every name and word means."""
    with st.container(key="glossary"):
        if st.button("Glossary", icon=":material/menu_book:", key="open glossary", type="tertiary"):
            _glossary()


@st.dialog("Names and words", width="large")
def _glossary() -> None:
    parts = {
        "Schedules": terms.schedules(),
        "Words": terms.TERMS,
        "Solvers": terms.solvers(),
        "Figures of quality": terms.metrics(),
    }
    for tab, words in zip(st.tabs(list(parts)), parts.values(), strict=True):
        for word, about in words.items():
            tab.markdown(f"**{word}.** {about}")


def by_name(name: str) -> None:
    """Let the first page be found under its name too, when that is typed: Streamlit knows it as / alone.

    Call it before `st.navigation`.
    """
    context = get_script_run_ctx()
    if context and context.pages_manager.intended_page_name == name:
        context.pages_manager.set_script_intent("", "")


@contextmanager
def sentences() -> Iterator[None]:
    """Show what a user can mend as one sentence in the page, and what they cannot as Streamlit does."""
    try:
        yield
    except ValueError as error:
        st.error(str(error), icon=":material/error:")


def style() -> None:
    """Tighten the page so that one screen of 1440 x 900 holds the whole comparison."""
    st.html(_CSS)
