-- Every episode with both duties' verdicts in both views, as spec 6 lists the columns.
-- in:    episode_facts, verdicts, children, run
-- grain: one row per episode
WITH judged AS (
    SELECT episode_no,
           max(CASE WHEN level = 'federal' AND duty = 'report_to_le' THEN verdict END) AS le_verdict,
           max(CASE WHEN level = 'state' AND duty = 'report_to_le' THEN verdict END) AS le_state_verdict,
           max(CASE WHEN level = 'federal' AND duty = 'report_to_ncmec' THEN verdict END) AS ncmec_verdict,
           max(CASE WHEN level = 'state' AND duty = 'report_to_ncmec' THEN verdict END) AS ncmec_state_verdict,
           max(CASE WHEN duty = 'ncic_entry' THEN verdict END) AS ncic_verdict
    FROM verdicts
    GROUP BY episode_no
),
dated AS (
    SELECT f.*, coalesce(j.le_verdict, 'not_required') AS le_verdict,
           CASE WHEN run.has_state
                THEN coalesce(j.le_state_verdict, CASE f.le_duty WHEN 'not_required' THEN 'not_required' ELSE 'no_duty' END)
           END AS le_state_verdict,
           coalesce(j.ncmec_verdict, 'not_required') AS ncmec_verdict,
           CASE WHEN run.has_state
                THEN coalesce(j.ncmec_state_verdict, CASE f.ncmec_duty WHEN 'not_required' THEN 'not_required' ELSE 'no_duty' END)
           END AS ncmec_state_verdict,
           CASE WHEN run.is_le_checked THEN coalesce(j.ncic_verdict, 'not_required') ELSE 'not_checked' END AS ncic_verdict,
           local_day(f.le_clock_earliest) AS le_clock_day, local_day(f.ncmec_clock_earliest) AS ncmec_clock_day,
           local_day(coalesce(f.le_counting_earliest, run.as_of)) AS le_day,
           local_day(coalesce(f.ncmec_counting_earliest, run.as_of)) AS ncmec_day
    FROM episode_facts AS f
    CROSS JOIN run
    LEFT JOIN judged AS j ON j.episode_no = f.episode_no
),
viewed AS (
    SELECT *, le_verdict NOT IN ('not_required', 'not_checked') AS has_le_view,
           ncmec_verdict NOT IN ('not_required', 'not_checked') AS has_ncmec_view
    FROM dated
)
SELECT v.child_id, v.began_earliest, v.began_latest, v.episode_id, v.ended_earliest, v.ended_latest,
       CASE WHEN v.is_open THEN 'open' ELSE 'closed' END AS status, v.outcome, v.outcome_basis, v.is_back, v.reason, v.sources,
       v.clock_earliest AS informed_earliest, v.clock_latest AS informed_latest, v.informed_basis,
       v.age, v.custody, v.le_duty, v.ncmec_duty,
       v.le_counting_id AS le_report_id, v.le_counting_earliest AS le_reported_earliest,
       v.le_counting_latest AS le_reported_latest, v.le_verdict, v.le_state_verdict,
       CASE WHEN v.has_le_view THEN round((v.le_counting_earliest - v.le_clock_latest) / 3600.0, 4) END AS le_hours_min,
       CASE WHEN v.has_le_view THEN round((v.le_counting_latest - v.le_clock_earliest) / 3600.0, 4) END AS le_hours_max,
       CASE WHEN v.has_le_view THEN v.le_day - v.le_clock_day END AS le_calendar_days,
       CASE WHEN v.has_le_view THEN v.le_day - v.le_clock_day >= 2 END AS le_audit_late,
       v.ncmec_counting_id AS ncmec_report_id, v.ncmec_counting_earliest AS ncmec_reported_earliest,
       v.ncmec_counting_latest AS ncmec_reported_latest, v.ncmec_verdict, v.ncmec_state_verdict,
       CASE WHEN v.has_ncmec_view THEN round((v.ncmec_counting_earliest - v.ncmec_clock_latest) / 3600.0, 4) END AS ncmec_hours_min,
       CASE WHEN v.has_ncmec_view THEN round((v.ncmec_counting_latest - v.ncmec_clock_earliest) / 3600.0, 4) END AS ncmec_hours_max,
       CASE WHEN v.has_ncmec_view THEN v.ncmec_day - v.ncmec_clock_day END AS ncmec_calendar_days,
       CASE WHEN v.has_ncmec_view THEN v.ncmec_day - v.ncmec_clock_day >= 2 END AS ncmec_audit_late,
       v.ncic_verdict, v.days_missing, v.last_day - v.began_day >= 2 AS in_audit_population,
       c.county, c.office, sorted_evidence(v.evidence) AS evidence
FROM viewed AS v
LEFT JOIN children AS c ON c.child_id = v.child_id
ORDER BY v.child_id, v.began_earliest, v.began_latest, v.episode_id
