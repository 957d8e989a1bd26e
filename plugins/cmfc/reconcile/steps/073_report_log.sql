-- Every row of every log of reports in one set of columns: what a log calls a thing is known here and nowhere after.
-- in:    le_reports, ncmec_reports, untimed_le_reports, untimed_ncmec_reports
-- out:   report_log
-- grain: one row per report row. `is_untimed`: set aside because nobody can read when it was made (spec 4.2).
--   counts_for      whom it counts for as a report (spec 4.2): everybody, third_party (only where a third party owes it), nobody
--   closed_latest   by when the recipient surely was told that the child was located, or closed the case
--   number, issuer  the recipient's number, and who issued it where several do
WITH le_rows AS (
    SELECT *, FALSE AS is_untimed FROM le_reports WHERE reported_at_earliest IS NOT NULL
    UNION ALL
    SELECT *, TRUE FROM untimed_le_reports
),
ncmec_rows AS (
    SELECT *, FALSE AS is_untimed FROM ncmec_reports WHERE reported_at_earliest IS NOT NULL
    UNION ALL
    SELECT *, TRUE FROM untimed_ncmec_reports
)
SELECT 'le_reports' AS feed, 'law_enforcement' AS recipient, le_report_id AS report_id, record, record_id, may_count, child_id,
       first_name, last_name, date_of_birth, sex,
       CASE WHEN NOT is_untimed THEN reported_at_earliest END AS reported_earliest,
       CASE WHEN NOT is_untimed THEN reported_at_latest END AS reported_latest,
       missing_since_earliest, missing_since_latest, outcome, reporter AS made_by, is_untimed,
       CASE WHEN outcome IN ('accepted', 'refused', 'told_to_wait') THEN 'everybody' WHEN outcome = 'attempted' THEN 'third_party'
            ELSE 'nobody' END AS counts_for,
       told_located_at_earliest AS told_earliest, told_located_at_latest AS told_latest,
       told_located_at_latest AS closed_latest, report_number AS number, coalesce(agency_name, '') AS issuer
FROM le_rows
UNION ALL
SELECT 'ncmec_reports', 'ncmec', ncmec_report_id, record, record_id, may_count, child_id, first_name, last_name, date_of_birth, sex,
       CASE WHEN NOT is_untimed THEN reported_at_earliest END, CASE WHEN NOT is_untimed THEN reported_at_latest END,
       missing_since_earliest, missing_since_latest, NULL, source, is_untimed,
       CASE WHEN source IS NULL OR source = 'agency' THEN 'everybody' WHEN source = 'parent' THEN 'third_party'
            ELSE 'nobody' END,
       told_located_at_earliest, told_located_at_latest,
       least(coalesce(told_located_at_latest, forever()), coalesce(closed_at_latest, forever())), ncmec_case_number, ''
FROM ncmec_rows
