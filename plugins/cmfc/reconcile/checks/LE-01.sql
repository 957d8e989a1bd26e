-- code: LE-01
-- title: Not reported to law enforcement
-- recipient: law_enforcement
-- rule: as given
-- queue: act_now
-- why: The child's whereabouts {are} unknown and no report to law enforcement is on file; the limit of {limit} hours {overdue}.{detail}
-- next: Report to law enforcement now if the child is still missing; if a report was made, enter it in the log with its time and number.
SELECT *, CASE WHEN is_open THEN 'critical' WHEN verdict = 'missing' THEN 'high' ELSE 'medium' END AS severity
FROM facts
WHERE duty = 'report_to_le' AND obligation IN ('required', 'third_party') AND counting_id IS NULL
  AND verdict IN ('missing', 'undetermined')
