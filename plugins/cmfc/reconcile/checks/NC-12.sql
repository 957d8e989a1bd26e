-- code: NC-12
-- title: Who made the NCMEC report is not recorded
-- recipient: ncmec
-- rule:
-- queue: correct_record
-- why: The report that counts for NCMEC does not say who made it; a report by law enforcement would not count.
-- next: Find out who made the report and enter it.
SELECT e.child_id, e.episode_no, 'medium' AS severity,
       e.ncmec_counting_earliest AS observed_earliest, e.ncmec_counting_latest AS observed_latest,
       with_evidence(e.evidence, 'ncmec_reports:' || n.ncmec_report_id) AS evidence
FROM episode_facts AS e
JOIN ncmec_reports AS n ON n.ncmec_report_id = e.ncmec_counting_id
WHERE n.source IS NULL
