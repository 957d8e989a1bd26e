-- code: NI-01
-- title: No NCIC entry on record
-- recipient: law_enforcement
-- rule: as given
-- queue: act_now
-- why: Law enforcement accepted the report and no NCIC entry or number is on record two business days later.
-- next: Ask law enforcement for the NCIC number and the time of entry.
SELECT f.*, CASE WHEN f.is_open THEN 'high' ELSE 'low' END AS severity
FROM facts AS f
CROSS JOIN run
JOIN business_days AS b ON b.day = local_day(f.clock_earliest)
WHERE f.duty = 'ncic_entry' AND f.verdict = 'missing' AND local_day(run.as_of) >= b.second_after
