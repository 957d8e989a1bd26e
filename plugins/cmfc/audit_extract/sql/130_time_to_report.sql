-- Calendar days from information to report.
-- in:    judged
-- out:   time_to_report
-- grain: one row per population, recipient and band of days
SELECT population, recipient,
       CASE WHEN outcome IN ('no_duty', 'not_checked', 'no_rule') THEN outcome
            WHEN NOT has_report THEN 'none'
            WHEN calendar_days < 0 THEN 'before'
            WHEN calendar_days < 4 THEN 'd0' || calendar_days
            WHEN calendar_days < 8 THEN 'd04-007'
            WHEN calendar_days < 31 THEN 'd08-030'
            ELSE 'd31+' END AS days,
       count(*) AS episodes
FROM judged
WHERE view = 'calendar_days'
GROUP BY ALL
