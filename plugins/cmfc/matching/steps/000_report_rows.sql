-- The reports that have happened and are linked by no id (spec 4.1.1, 4.1.2), from both logs: it carries none that any
-- agency feed holds, or it carries a child's whose birth date and both names all differ from its own.
-- in:    le_reports, ncmec_reports, children, known, size
-- out:   report_rows
-- grain: one row per report. `since_*`: since when the child was missing, else when the report was made.
--   claim       the child whose id the report carries and whose details it contradicts
--   is_untimed  nobody can read when it was made; of copies of one report only that one is taken whose time is known
WITH both_logs AS (
    SELECT 'le_reports' AS feed, record_id AS report_id, child_id, first_name, last_name, date_of_birth, sex,
           agency_name AS place, reported_at_earliest, reported_at_latest,
           missing_since_earliest, missing_since_latest, is_untimed
    FROM le_reports
    UNION ALL
    SELECT 'ncmec_reports', record_id, child_id, first_name, last_name, date_of_birth, sex,
           le_agency, reported_at_earliest, reported_at_latest, missing_since_earliest, missing_since_latest, is_untimed
    FROM ncmec_reports
),
happened AS (
    SELECT b.*
    FROM both_logs AS b
    CROSS JOIN size
    WHERE has_happened(b.reported_at_earliest, size.as_of) OR (b.is_untimed AND NOT size.is_every_report)
    QUALIFY row_number() OVER (PARTITION BY b.feed, b.report_id ORDER BY b.is_untimed, b) = 1
),
identified AS (
    SELECT h.*, k.child_id IS NOT NULL AS is_identified,
           is_contradicted(h.date_of_birth, h.first_name, h.last_name, c.date_of_birth, c.first_name, c.last_name)
               AS is_contradicted
    FROM happened AS h
    LEFT JOIN known AS k ON k.child_id = h.child_id
    LEFT JOIN children AS c ON c.child_id = h.child_id
)
SELECT i.feed, i.report_id, i.first_name, i.last_name, i.date_of_birth, i.sex, i.place, i.is_untimed,
       CASE WHEN i.is_contradicted THEN i.child_id END AS claim,
       coalesce(i.missing_since_earliest, i.reported_at_earliest) AS since_earliest,
       coalesce(i.missing_since_latest, i.reported_at_latest) AS since_latest
FROM identified AS i
CROSS JOIN size
WHERE size.is_every_report OR NOT i.is_identified OR i.is_contradicted
