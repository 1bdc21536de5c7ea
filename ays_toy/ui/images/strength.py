"""Image to image on the Images page: its control, and in a sentence what is compared where an image is drawn anew."""

import streamlit as st

from ays_toy.ui.controls import draws
from ays_toy.ui.images.image_view import STRENGTHS, ImagesView


@draws("strength")
def control() -> None:
    """How much of an image is drawn anew."""
    st.select_slider(
        "Strength of image to image",
        STRENGTHS,
        format_func=lambda share: f"{share:g}" if share < 1 else "1 (noise alone)",
        key="strength",
        persist_state="session",
        help="How much of an image is drawn anew. Below 1, noise is added to clean images up to a level, and taken "
        "away again in as many steps. Diffusers calls it strength, ComfyUI denoise.",
    )


def remark(view: ImagesView) -> None:
    """What a strength below 1 means for what is compared."""
    if view.strength < 1:
        st.caption(
            f"Image to image, strength {view.strength:g}: every schedule begins from the same images with the same "
            "noise on them, where diffusers' own pipeline begins. What that does itself is a row of its own."
        )
