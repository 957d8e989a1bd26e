"""The audit extract: what a state auditor can check without trusting us (spec 6, The audit extract)."""
