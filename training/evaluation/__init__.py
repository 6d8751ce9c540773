"""How good it is: measures, intervals, comparisons."""
