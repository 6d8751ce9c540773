"""The commands of `python -m training`, one a file. What a command needs is imported where it runs: the whole of it takes seconds, and --help should not."""
