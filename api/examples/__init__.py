"""What a caller sends and gets, in the OpenAPI document: a file for each file of routes, checked against the nouns by a test."""
