-- code: NC-05
-- title: NCMEC case opened by law enforcement only
-- recipient: ncmec
-- rule: as given
-- queue: act_now
-- why: NCMEC knows of the child from law enforcement only; that does not discharge the agency's own duty to report.
-- next: Make the agency's own report to NCMEC.
SELECT *, CASE WHEN is_open THEN 'critical' WHEN verdict = 'missing' THEN 'high' ELSE 'medium' END AS severity
FROM facts
WHERE duty = 'report_to_ncmec' AND obligation IN ('required', 'third_party') AND counting_id IS NULL
  AND verdict IN ('missing', 'undetermined') AND is_ncmec_from_le_only
