"""What asks: the online service."""
