-- code: NC-04
-- title: NCMEC report without a law-enforcement report
-- recipient: ncmec
-- rule: us/federal/report_to_ncmec
-- queue: act_now while open
-- why [report]: NCMEC has a report and law enforcement has none, by the log; law enforcement comes first and is a duty of its own.
-- next: Call the law-enforcement agency of the place the child left: give name, birth date, description, last place and danger; ask for entry into NCIC and the numbers. Then tell NCMEC. Enter the report; if one was made, enter it.
SELECT f.child_id, f.episode_no, f.clock_earliest, f.clock_latest,
       f.ncmec_counting_earliest AS observed_earliest, f.ncmec_counting_latest AS observed_latest,
       with_evidence(f.evidence, f.ncmec_evidence) AS evidence, 'medium' AS severity
FROM episode_facts AS f
CROSS JOIN run
WHERE f.ncmec_counting_id IS NOT NULL AND f.ncmec_duty IN ('required', 'third_party')
  AND f.le_any_earliest IS NULL AND run.is_le_checked
