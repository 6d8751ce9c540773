"""What an experiment has shown, from the journal and the tables."""
