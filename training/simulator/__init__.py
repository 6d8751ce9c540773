"""A telecom world to try everything on: customers with needs, what they take, why they call and why they leave."""
