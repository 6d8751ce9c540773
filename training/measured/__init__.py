"""What is counted of customers, contacts and decisions, for whoever shows it: the report and the insights."""
