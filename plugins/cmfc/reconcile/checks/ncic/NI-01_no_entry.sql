-- title: No NCIC entry on record
-- rule: as given
-- queue: act_now while open
-- why [report]: Law enforcement accepted the report on file {detail}; no entry into NCIC and no NCIC number is on record since.
-- next: Ask law enforcement for the NCIC number and the time of entry.
SELECT f.*, time_text(f.clock_latest - f.clock_earliest, local_seconds(f.clock_earliest), local_seconds(f.clock_latest)) AS detail,
       CASE WHEN f.is_open THEN 'high' ELSE 'low' END AS severity
FROM facts AS f
CROSS JOIN run
JOIN calendar AS reported ON reported.day = local_day(f.clock_earliest)
JOIN calendar AS second_after ON second_after.is_working AND second_after.working_days = reported.working_days + 2
WHERE f.duty = 'ncic_entry' AND f.is_owed AND f.verdict = 'missing'
  AND local_day(run.as_of) >= second_after.day
