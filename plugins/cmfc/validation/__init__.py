"""What was pulled becomes accepted, typed rows and a list of what was set aside (spec 1)."""
