"""Learning from outcomes as they come in: entries of the journal to counts, counts to corrections."""
