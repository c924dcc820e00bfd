"""Gradio's theme in the colours of the house; ``static/page.css`` holds the same tokens for our own markup."""

from __future__ import annotations

import gradio as gr

_SYSTEM = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Helvetica Neue", "Arial", "sans-serif"]


def kysy_theme() -> gr.themes.Base:
    """System fonts (nothing is fetched), our background, ink and lake in light and dark."""
    return gr.themes.Base(
        font=_SYSTEM, font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"], radius_size="lg"
    ).set(
        body_background_fill="#FFFFFF",
        body_background_fill_dark="#0F1726",
        body_text_color="#14213D",
        body_text_color_dark="#E8EDF4",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        background_fill_primary="#FFFFFF",
        background_fill_primary_dark="#0F1726",
        input_background_fill="#FFFFFF",
        input_background_fill_dark="#1A2436",
        input_border_color="#7A879A",
        input_border_color_dark="#7A879A",
        input_border_color_focus="#1F5AA6",
        input_border_color_focus_dark="#8AB8F2",
        input_placeholder_color="#475467",
        input_placeholder_color_dark="#A9B4C4",
        button_primary_background_fill="#1F5AA6",
        button_primary_background_fill_hover="#184A8A",
        button_primary_background_fill_dark="#8AB8F2",
        button_primary_background_fill_hover_dark="#A9CBF6",
        button_primary_text_color="#FFFFFF",
        button_primary_text_color_dark="#0F1726",
        button_secondary_background_fill="#F4F6F8",
        button_secondary_background_fill_dark="#1A2436",
        button_secondary_text_color="#14213D",
        button_secondary_text_color_dark="#E8EDF4",
    )
