-- title: No report number or agency name
-- queue: correct_record
-- why [report]: The report that law enforcement accepted has no report number or no agency name.
-- next: Ask law enforcement for the number and enter it with the agency's name.
SELECT r.child_id, r.episode_no, 'low' AS severity,
       l.reported_at_earliest AS observed_earliest, l.reported_at_latest AS observed_latest,
       with_evidence(e.evidence, l.record) AS evidence
FROM episode_recipients AS r
JOIN episodes AS e ON e.episode_no = r.episode_no
JOIN le_reports AS l ON l.record = r.counting_record AND l.outcome = 'accepted'
WHERE l.report_number IS NULL OR l.agency_name IS NULL
