"""What learns: the offline job."""
