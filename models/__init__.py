"""What Behoud knows: nouns, catalogue, policy, learned numbers and the decision itself. Pure: no clock, no dice, no network."""
