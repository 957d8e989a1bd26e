-- title: NCMEC report without a law-enforcement report
-- rule: us/federal/report_to_ncmec
-- why [report]: NCMEC has a report and law enforcement has none, by the log; law enforcement comes first and is a duty of its own.
-- next: Call the law-enforcement agency of the place the child left: give name, birth date, description, last place and danger; ask for entry into NCIC and the numbers. Then tell NCMEC. Enter the report; if one was made, enter it.
SELECT n.child_id, n.episode_no, n.clock_earliest, n.clock_latest,
       n.counting_earliest AS observed_earliest, n.counting_latest AS observed_latest, n.evidence, 'medium' AS severity
FROM episode_recipients AS n
JOIN episode_recipients AS l ON l.episode_no = n.episode_no AND l.recipient = 'law_enforcement'
WHERE n.recipient = 'ncmec' AND n.counting_id IS NOT NULL AND n.obligation IN ('required', 'third_party')
  AND l.any_earliest IS NULL AND l.is_checked
