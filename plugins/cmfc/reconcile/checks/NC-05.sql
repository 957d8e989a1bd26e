-- code: NC-05
-- title: NCMEC case opened by law enforcement only
-- recipient: ncmec
-- rule: as given
-- queue: act_now while open
-- why: NCMEC knows of the child from law enforcement only; that does not discharge the agency's own duty to report.
-- next: Make the agency's own report to NCMEC.
SELECT *, CASE WHEN is_open AND is_by_verified_rule THEN 'critical' WHEN is_open OR is_surely_missing THEN 'high'
               ELSE 'medium' END AS severity
FROM breaches
WHERE duty = 'report_to_ncmec' AND kind = 'missing' AND is_ncmec_from_le_only
