"""What may be chosen when an extract is asked for or decided on; light, for forms and command lines."""

STRATA = ("length_band", "county_size", "age_band", "custody", "reason", "county", "outcome")
"""Columns of episodes.csv that may stratify the sample."""

STATE_STRATA = (*STRATA, "agency")
"""The same of a state's extract."""

POPULATIONS = ("audit", "statute")
"""audit: two calendar days or longer. statute: every episode."""

REASONS = ("as_asked", "wrong_request", "numbers_do_not_hold", "privacy", "no_longer_needed", "other")
"""Why a package was approved or refused: codes, because what people type is shown to every viewer of Airflow."""

APPROVE, REFUSE = "Approve", "Refuse"
"""What a person may answer."""
