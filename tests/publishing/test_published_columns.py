from cmfc.publishing.schema import output_tables

SPEC = {
    "exceptions": """code, subject_id, recipient, rule_id, rules, child_id, episode_id, severity, queue, status,
        is_open, first_seen, age_days, title, began_earliest, days_missing, age, reason, clock_start_earliest,
        clock_start_latest, deadline_earliest, deadline_latest,
        observed_at_earliest, observed_at_latest, hours_over_min, hours_over_max,
        basis, rule_verified, citation, why, next_action, evidence, county, office, caseworker_id, assignee,
        waived_until, exception_id""",
    "episodes": """child_id, began_earliest, began_latest, episode_id, ended_earliest, ended_latest, status, outcome,
        outcome_basis, is_back, reason, sources, informed_earliest, informed_latest, informed_basis, age, custody,
        le_duty, ncmec_duty, le_report_id, le_reported_earliest, le_reported_latest, le_verdict, le_state_verdict,
        le_hours_min,
        le_hours_max, le_calendar_days, le_audit_late, ncmec_report_id, ncmec_reported_earliest, ncmec_reported_latest,
        ncmec_verdict, ncmec_state_verdict, ncmec_hours_min, ncmec_hours_max, ncmec_calendar_days, ncmec_audit_late,
        ncic_verdict, days_missing, in_audit_population, county, office, evidence""",
    "missing_now": """child_id, record_state, missing_since_earliest, missing_since_latest, days_missing, age, reason,
        informed_earliest, informed_latest, le_state, le_due, ncic_state, ncmec_state, ncmec_due, worst, is_new, county,
        office, caseworker_id, episode_id""",
    "episode_rows": "episode_id, feed, id, record, child_id",
    "determinations": "child_id, from_earliest, to_latest, kind, why, evidence",
    "links": "feed, report_id, child_id, episode_id, method, score",
    "quarantine": "feed, source, row, key, field, rule, effect",
    "delta": "change, exception_id, code, subject_id, severity, ended, duty_change",
}


def test_columns_are_those_of_the_specification_in_its_order() -> None:
    assert {name: table.column_names for name, table in output_tables().items()} == {
        name: listed.replace("\n", " ").replace(" ", "").split(",") for name, listed in SPEC.items()
    }


def test_every_column_says_what_it_means_and_none_identifies_a_person() -> None:
    for table in output_tables().values():
        assert set(table.key) <= set(table.column_names)
        for column in table.columns:
            assert column.meaning.endswith(".") and column.sensitivity in {"internal", "pseudonymous", "sensitive"}
