"""The sections of a policy, a file each. Those that also compute something of their own stand beside: `trends`, `text_limits`."""
