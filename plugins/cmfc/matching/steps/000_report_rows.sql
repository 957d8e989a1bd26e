-- The reports that have happened and carry no id of a child on file (spec 4.1.2), from both logs.
-- in:    le_reports, ncmec_reports, children, size
-- out:   report_rows
-- grain: one row per report. `since_*`: since when the child was missing, else when the report was made
WITH both_logs AS (
    SELECT 'le_reports' AS feed, record_id AS report_id, child_id, first_name, last_name, date_of_birth, sex,
           agency_name AS place, reported_at_earliest, reported_at_latest,
           missing_since_earliest, missing_since_latest
    FROM le_reports
    UNION ALL
    SELECT 'ncmec_reports', record_id, child_id, first_name, last_name, date_of_birth, sex,
           le_agency, reported_at_earliest, reported_at_latest, missing_since_earliest, missing_since_latest
    FROM ncmec_reports
)
SELECT r.feed, r.report_id, r.first_name, r.last_name, r.date_of_birth, r.sex, r.place,
       coalesce(r.missing_since_earliest, r.reported_at_earliest) AS since_earliest,
       coalesce(r.missing_since_latest, r.reported_at_latest) AS since_latest
FROM both_logs AS r
CROSS JOIN size
WHERE r.reported_at_earliest <= size.as_of
  AND (size.is_every_report OR r.child_id IS NULL
       OR NOT EXISTS (SELECT 1 FROM children AS c WHERE c.child_id = r.child_id))
