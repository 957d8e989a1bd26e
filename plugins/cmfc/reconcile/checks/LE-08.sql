-- code: LE-08
-- title: Returned before the deadline, not reported to law enforcement
-- recipient: law_enforcement
-- rule: as given
-- queue: act_now
-- why: The episode ended before the limit of {limit} hours had passed and no report to law enforcement is on file; this is neither a breach nor compliance.
-- next: Nothing is overdue; if a report was made, enter it.
SELECT *, 'low' AS severity
FROM facts
WHERE duty = 'report_to_le' AND counting_id IS NULL AND verdict = 'ended_first'
