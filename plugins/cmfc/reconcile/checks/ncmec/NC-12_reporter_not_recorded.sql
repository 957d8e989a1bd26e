-- title: Who made the NCMEC report is not recorded
-- queue: correct_record
-- why: {detail}
-- next: Find out who made the report and enter it.
WITH reports_in_doubt AS (
    SELECT e.child_id, e.episode_no, e.evidence, n.record, n.source,
           n.reported_at_earliest AS observed_earliest, n.reported_at_latest AS observed_latest
    FROM assigned_reports AS a
    JOIN ncmec_reports AS n ON n.record = a.record
    JOIN episodes AS e ON e.episode_no = a.episode_no
    JOIN episode_recipients AS r ON r.episode_no = a.episode_no AND r.recipient = a.recipient
    WHERE a.recipient = 'ncmec' AND a.may_count
      AND ((n.source IS NULL AND n.record = r.counting_record) OR n.source = 'unreadable')
)
SELECT child_id, episode_no, 'medium' AS severity,
       min(observed_earliest) AS observed_earliest, min(observed_latest) AS observed_latest,
       with_evidence(max(evidence), joined(record)) AS evidence,
       CASE WHEN max(CASE WHEN source IS NULL THEN 1 ELSE 0 END) = 1
            THEN 'The report that counts for NCMEC does not say who made it; a report by law enforcement would not count.'
            ELSE 'Who made a report to NCMEC is written in a code that the mapping does not list; it does not count as the agency''s own.'
       END AS detail
FROM reports_in_doubt
GROUP BY child_id, episode_no
