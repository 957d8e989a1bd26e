-- code: LE-06
-- title: Report to law enforcement due
-- recipient: law_enforcement
-- rule: as given
-- queue: act_now while open
-- why: The child is missing and no report to law enforcement is on file; the limit of {limit} hours has not passed yet.{detail}
-- next: Report to law enforcement before the deadline.
SELECT breaches.*, CASE WHEN first_deadline - run.as_of < 43200 THEN 'high' ELSE 'medium' END AS severity
FROM breaches
CROSS JOIN run
WHERE duty = 'report_to_le' AND kind = 'due'
