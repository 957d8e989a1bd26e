-- code: LE-05
-- title: No report number or agency name
-- recipient: law_enforcement
-- rule:
-- queue: correct_record
-- why [report]: The report that law enforcement accepted has no report number or no agency name.
-- next: Ask law enforcement for the number and enter it with the agency's name.
SELECT e.child_id, e.episode_no, 'low' AS severity,
       l.reported_at_earliest AS observed_earliest, l.reported_at_latest AS observed_latest,
       with_evidence(e.evidence, l.record) AS evidence
FROM episode_facts AS e
JOIN le_reports AS l ON l.record = e.le_counting_record AND l.outcome = 'accepted'
WHERE l.report_number IS NULL OR l.agency_name IS NULL
