-- Every episode with the verdicts of both recipients in both views, as spec 6 lists the columns.
-- in:    episode_facts, episode_recipients, verdicts, children, recipients, run
-- grain: one row per episode; what is one row per recipient before becomes columns here, since spec 6 names them
WITH judged AS (
    SELECT episode_no, duty,
           max(CASE WHEN level = 'federal' THEN verdict END) AS federal_verdict,
           max(CASE WHEN level = 'state' THEN verdict END) AS state_verdict,
           max(verdict) AS any_verdict
    FROM verdicts
    GROUP BY episode_no, duty
),
dated AS (
    SELECT f.*, coalesce(j.federal_verdict, 'not_required') AS verdict,
           CASE WHEN run.has_state
                THEN coalesce(j.state_verdict, CASE WHEN f.is_owed THEN 'no_duty' ELSE 'not_required' END)
           END AS state_verdict,
           local_day(f.duty_clock_earliest) AS clock_day, local_day(coalesce(f.counting_earliest, run.as_of)) AS done_day
    FROM episode_recipients AS f
    CROSS JOIN run
    JOIN recipients AS r ON r.recipient = f.recipient
    LEFT JOIN judged AS j ON j.episode_no = f.episode_no AND j.duty = r.report_duty
),
viewed AS (
    SELECT *, CASE WHEN verdict NOT IN ('not_required', 'not_checked') THEN 1 END AS view
    FROM dated
),
measured AS (
    SELECT *, CASE WHEN view = 1 THEN hours_of(counting_earliest - duty_clock_latest) END AS hours_min,
           CASE WHEN view = 1 THEN hours_of(counting_latest - duty_clock_earliest) END AS hours_max,
           CASE WHEN view = 1 THEN done_day - clock_day END AS calendar_days,
           CASE WHEN view = 1 THEN done_day - clock_day >= 2 END AS is_audit_late
    FROM viewed
)
SELECT v.child_id, v.began_earliest, v.began_latest, v.episode_id, v.ended_earliest, v.ended_latest,
       CASE WHEN v.is_open THEN 'open' ELSE 'closed' END AS status, v.outcome, v.outcome_basis, v.is_back, v.reason, v.sources,
       v.clock_earliest AS informed_earliest, v.clock_latest AS informed_latest, v.informed_basis,
       v.age, v.custody, le.obligation AS le_duty, nc.obligation AS ncmec_duty,
       le.counting_id AS le_report_id, le.counting_earliest AS le_reported_earliest,
       le.counting_latest AS le_reported_latest, le.verdict AS le_verdict, le.state_verdict AS le_state_verdict,
       le.hours_min AS le_hours_min, le.hours_max AS le_hours_max, le.calendar_days AS le_calendar_days,
       le.is_audit_late AS le_audit_late,
       nc.counting_id AS ncmec_report_id, nc.counting_earliest AS ncmec_reported_earliest,
       nc.counting_latest AS ncmec_reported_latest, nc.verdict AS ncmec_verdict, nc.state_verdict AS ncmec_state_verdict,
       nc.hours_min AS ncmec_hours_min, nc.hours_max AS ncmec_hours_max, nc.calendar_days AS ncmec_calendar_days,
       nc.is_audit_late AS ncmec_audit_late,
       CASE WHEN le.is_checked THEN coalesce(j.any_verdict, 'not_required') ELSE 'not_checked' END AS ncic_verdict,
       v.days_missing, v.last_day - v.began_day >= 2 AS in_audit_population,
       c.county, c.office, sorted_evidence(v.evidence) AS evidence
FROM episode_facts AS v
JOIN measured AS le ON le.episode_no = v.episode_no AND le.recipient = 'law_enforcement'
JOIN measured AS nc ON nc.episode_no = v.episode_no AND nc.recipient = 'ncmec'
LEFT JOIN judged AS j ON j.episode_no = v.episode_no AND j.duty = 'ncic_entry'
LEFT JOIN children AS c ON c.child_id = v.child_id
ORDER BY v.child_id, v.began_earliest, v.began_latest, v.episode_id
