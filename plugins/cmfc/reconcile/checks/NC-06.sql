-- code: NC-06
-- title: Report to NCMEC due
-- recipient: ncmec
-- rule: as given
-- queue: act_now
-- why: The child is missing and no report to NCMEC is on file; the limit of {limit} hours has not passed yet.{detail}
-- next: Report to NCMEC before the deadline.
SELECT facts.*, CASE WHEN deadline_earliest - run.as_of < 43200 THEN 'high' ELSE 'medium' END AS severity
FROM facts CROSS JOIN run
WHERE duty = 'report_to_ncmec' AND obligation IN ('required', 'third_party') AND is_open AND counting_id IS NULL
  AND verdict = 'pending'
