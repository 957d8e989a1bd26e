-- code: LE-08
-- title: Returned or left care before the deadline, not reported to law enforcement
-- recipient: law_enforcement
-- rule: as given
-- queue: history
-- why: The episode ended before the limit of {limit} hours had passed and no report to law enforcement is on file; this is neither a breach nor compliance.
-- next: Nothing is overdue; if a report was made, enter it.
SELECT *, 'low' AS severity
FROM breaches
WHERE duty = 'report_to_le' AND kind = 'ended_first'
