-- code: LE-06
-- title: Report to law enforcement due
-- recipient: law_enforcement
-- rule: as given
-- queue: act_now
-- why: The child is missing and no report to law enforcement is on file; the limit of {limit} hours has not passed yet.{detail}
-- next: Report to law enforcement before the deadline.
SELECT facts.*, CASE WHEN deadline_earliest - run.as_of < 43200 THEN 'high' ELSE 'medium' END AS severity
FROM facts CROSS JOIN run
WHERE duty = 'report_to_le' AND obligation IN ('required', 'third_party') AND is_open AND counting_id IS NULL
  AND verdict = 'pending'
