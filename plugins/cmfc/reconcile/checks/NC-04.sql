-- code: NC-04
-- title: NCMEC report without a law-enforcement report
-- recipient: ncmec
-- rule: us/federal/report_to_ncmec
-- queue: act_now while open
-- why: NCMEC has a report of this episode and law enforcement has none; the report to law enforcement comes first and is a separate duty.
-- next: Report to law enforcement, or enter the report that was made.
SELECT f.child_id, f.episode_no, f.clock_earliest, f.clock_latest,
       f.ncmec_counting_earliest AS observed_earliest, f.ncmec_counting_latest AS observed_latest,
       with_evidence(f.evidence, f.ncmec_evidence) AS evidence, 'medium' AS severity
FROM episode_facts AS f
CROSS JOIN run
WHERE f.ncmec_counting_id IS NOT NULL AND f.ncmec_duty IN ('required', 'third_party')
  AND f.le_any_earliest IS NULL AND run.is_le_checked
