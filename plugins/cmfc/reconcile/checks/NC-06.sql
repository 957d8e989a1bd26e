-- code: NC-06
-- title: Report to NCMEC due
-- recipient: ncmec
-- rule: as given
-- queue: act_now while open
-- why: The child is missing and no report to NCMEC is on file; the limit of {limit} hours has not passed yet.{detail}
-- next: Report to NCMEC before the deadline.
SELECT breaches.*, CASE WHEN first_deadline - run.as_of < 43200 THEN 'high' ELSE 'medium' END AS severity
FROM breaches
CROSS JOIN run
WHERE duty = 'report_to_ncmec' AND kind = 'due'
