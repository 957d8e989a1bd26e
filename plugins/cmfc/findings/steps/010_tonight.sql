-- Tonight's findings with two digests: of the facts a waiver rests on, and of what the ledger keeps of the row.
-- in:    night_findings (work table findings)
-- out:   tonight
-- grain: one row per finding
-- Facts are what a person judged: whose case it is, whether it is open, its clock, deadline and what was observed; where
-- there is no clock, the records it rests on. Wording, hours over, names and
-- routing are not facts: they change by themselves.
WITH plain AS (
    SELECT exception_id, code, subject_id, coalesce(rule_id, '') AS rule_id, coalesce(recipient, '') AS recipient, child_id,
           episode_id, severity, severity_rank(severity) AS severity_rank,
           queue, coalesce(is_open, FALSE) AS is_open, county, office, caseworker_id, clock_start_earliest,
           deadline_earliest,
           concat_ws('|', coalesce(child_id, ''), CAST(coalesce(is_open, FALSE) AS VARCHAR), coalesce(reason, ''),
                     coalesce(CAST(began_earliest AS VARCHAR), ''),
                     coalesce(CAST(clock_start_earliest AS VARCHAR), ''), coalesce(CAST(clock_start_latest AS VARCHAR), ''),
                     coalesce(CAST(deadline_earliest AS VARCHAR), ''), coalesce(CAST(deadline_latest AS VARCHAR), ''),
                     coalesce(CAST(observed_at_earliest AS VARCHAR), ''), coalesce(CAST(observed_at_latest AS VARCHAR), ''),
                     CASE WHEN clock_start_earliest IS NULL THEN coalesce(evidence, '') ELSE '' END) AS facts
    FROM night_findings
)
SELECT * EXCLUDE facts, substr(sha256(facts), 1, 20) AS facts_digest,
       substr(sha256(concat_ws('|', facts, severity, queue, coalesce(episode_id, ''), coalesce(county, ''),
                               coalesce(office, ''), coalesce(caseworker_id, ''))), 1, 20) AS row_digest
FROM plain
