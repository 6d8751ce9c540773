"""The sections of a policy, a file each. One that also computes something of its own stands beside: `trends`."""
