"""Off-policy judgement: what a proposed catalogue, policy or bundle would have earned in the contacts of the journal."""
