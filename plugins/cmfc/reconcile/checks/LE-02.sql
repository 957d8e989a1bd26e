-- code: LE-02
-- title: Reported to law enforcement late
-- recipient: law_enforcement
-- rule: as given
-- queue: explain
-- why: The report to law enforcement was made {over} after the limit of {limit} hours.
-- next: Check the time the agency was informed and the time of the report; if both are right, record why the report was late.
SELECT *, CASE WHEN is_open THEN 'high' ELSE 'medium' END AS severity
FROM breaches
WHERE duty = 'report_to_le' AND kind = 'late'
