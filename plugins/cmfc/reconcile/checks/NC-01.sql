-- code: NC-01
-- title: Not reported to NCMEC
-- recipient: ncmec
-- rule: as given
-- queue: act_now while open
-- why: The child's whereabouts {are} unknown and no report to NCMEC is on file; the limit of {limit} hours {overdue}.{detail}
-- next: Report to NCMEC now if the child is still missing; if a report was made, enter it in the log with its time and number.
SELECT *, CASE WHEN is_open AND is_by_verified_rule THEN 'critical' WHEN is_open OR is_surely_missing THEN 'high'
               ELSE 'medium' END AS severity
FROM breaches
WHERE duty = 'report_to_ncmec' AND kind = 'missing'
