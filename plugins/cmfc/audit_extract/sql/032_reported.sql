-- Every report that the logs hold of the period, by local day.
-- in:    checked_le_reports, checked_ncmec_reports, request
-- out:   reported
-- grain: one row per accepted report
WITH logs AS (
    SELECT 'le_reports' AS feed, record_id AS id, reported_at_earliest FROM checked_le_reports
    UNION ALL
    SELECT 'ncmec_reports', record_id, reported_at_earliest FROM checked_ncmec_reports
)
SELECT feed, id, local_day(reported_at_earliest) AS reported_day
FROM logs CROSS JOIN request
WHERE local_day(reported_at_earliest) BETWEEN first_day AND last_day
