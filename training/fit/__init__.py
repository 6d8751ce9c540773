"""One method a file: tables in, learned numbers out."""
