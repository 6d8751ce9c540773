"""Policies played against each other in worlds whose truth is known."""
