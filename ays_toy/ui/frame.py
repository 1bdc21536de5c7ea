"""The look that all pages share, beyond what the theme in .streamlit/config.toml can say."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

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
.st-key-panels_box, .st-key-panels_box3, .st-key-panels_box5, .st-key-panels_box6 { container-type: inline-size; }
/* Squares, side by side; smaller in a low window, so that what they are compared by is on the screen with them. */
.st-key-panels_box > div { height: min(25cqw + 62px, max(200px, 100vh - 497px)) !important; }
.st-key-panels_box5 > div { height: min(20cqw + 77px, max(200px, 100vh - 498px)) !important; }
.st-key-panels_box3 > div { height: calc(33cqw + 62px) !important; }
.st-key-panels_box6 > div { height: calc(16.6cqw + 62px) !important; }
@container (max-width: 800px) {
  .annotation-text { font-size: 12px !important; }
  .annotation-text tspan[style*="font-size"] { font-size: 11px !important; }
}
.block-container h4 { padding: 0.4rem 0 0; font-size: 1.1rem; }
</style>
"""

# What the theme cannot say, so that all words can be read in both schemes (WCAG AA): Streamlit writes white on the
# primary color, fades what is disabled by 60 %, and gives figures and code grays and colors of its own.
_COLORS = """
<style>
.stApp { --faint: light-dark(rgb(21 23 28 / 68%), rgb(250 250 250 / 68%)); }
[data-testid="stCaptionContainer"] { opacity: 0.8; }
[data-testid^="stBaseButton-primary"]:not(:disabled), .stApp [data-tag], .stApp [data-tag] button {
  color: light-dark(#FFFFFF, #0E1117);
}
/* On a tint of the same color, a darker one under the pointer. */
.stApp [data-selected]:not(:disabled) { color: light-dark(#833500, #FF9D5C) !important; }
.stApp :is(:disabled, [data-disabled], [disabled]) {
  color: var(--faint) !important; -webkit-text-fill-color: currentcolor !important;
}
.js-plotly-plot text:not(.hoverlayer text) { fill: currentcolor !important; }
.stApp .stCode :is(.comment, .punctuation, .operator) { color: light-dark(#5A5E66, #A6ABB5); }
.stApp .stCode :is(.keyword, .boolean, .builtin) { color: light-dark(#1F4FB2, #8FB8FF); }
.stApp .stCode :is(.number, .string) { color: light-dark(#8A3B00, #FFB27F); }
</style>
"""


def within_app() -> None:
    """Begin with app.py where a page's own address is the first that anyone opens on a server.

    Until app.py has named its pages once, Streamlit takes the files of pages/ for an app without a frame.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


@contextmanager
def sentences() -> Iterator[None]:
    """Show what a user can mend as one sentence in the page, and what they cannot as Streamlit does."""
    try:
        yield
    except ValueError as error:
        st.error(str(error), icon=":material/error:")


def style() -> None:
    """Tighten the page so that one screen of 1440 x 900 holds the whole comparison."""
    st.html(_CSS + _COLORS)
