"""A laboratory whose truth is known: customers, what they want, why they call and leave, and what any action would have changed.

It shares no code and no functional form with `models`: choices are thresholds on latent normal variables, hazards products of two
normal probabilities, and every draw is a hash. A policy sees what the public interface shows, and nothing more.
"""
