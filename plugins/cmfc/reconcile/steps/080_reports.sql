-- Every report that has happened, to either recipient, linked to a child by the id it carries, by likeness or by a person (spec 4.1).
-- in:    le_reports, ncmec_reports, children, matches, run
-- out:   reports
-- grain: one row per report row; linked_child_id is null while no child on file is known to be meant
WITH both_logs AS (
    SELECT 'le_reports' AS feed, 'law_enforcement' AS recipient, le_report_id AS report_id, record, record_id, may_count, child_id,
           reported_at_earliest AS reported_earliest, reported_at_latest AS reported_latest,
           missing_since_earliest, missing_since_latest, outcome, reporter AS made_by
    FROM le_reports
    WHERE reported_at_earliest IS NOT NULL
    UNION ALL
    SELECT 'ncmec_reports', 'ncmec', ncmec_report_id, record, record_id, may_count, child_id,
           reported_at_earliest, reported_at_latest, missing_since_earliest, missing_since_latest, NULL, source
    FROM ncmec_reports
    WHERE reported_at_earliest IS NOT NULL
)
SELECT r.feed, r.recipient, r.report_id, r.record, r.record_id, r.may_count,
       coalesce(c.child_id, CASE WHEN m.method IN ('probable', 'decided') THEN m.child_id END) AS linked_child_id,
       CASE WHEN c.child_id IS NOT NULL THEN 'id' ELSE coalesce(m.method, 'none') END AS method, m.score,
       r.reported_earliest, r.reported_latest, r.missing_since_earliest, r.missing_since_latest,
       r.outcome, r.made_by,
       run.history_begins IS NOT NULL AND r.reported_latest < run.history_begins AS is_before_history
FROM both_logs AS r
CROSS JOIN run
LEFT JOIN children AS c ON c.child_id = r.child_id
LEFT JOIN matches AS m ON m.feed = r.feed AND m.report_id = r.record_id AND coalesce(m.place, 1) = 1
