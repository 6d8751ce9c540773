"""Figures for who is answerable for the whole: computed here, drawn by the page /insights."""
