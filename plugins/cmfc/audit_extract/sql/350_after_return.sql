-- Interview and screening after a find, by days (OEI-07-19-00371; 42 U.S.C. 671(a)(35)(A)).
-- in:    lines, characteristics, line_used (whether the feeds that a line rests on could be), request
-- out:   after_return
-- grain: one row per population, work and band of days: of episodes that ended in a find in the period
WITH done AS (
    SELECT l.episode, l.in_audit_population, t.work, t.days
    FROM lines AS l
    JOIN characteristics AS c ON c.episode = l.episode
    CROSS JOIN request
    CROSS JOIN LATERAL (VALUES ('interview', c.interviewed_after_days), ('screening', c.screened_after_days)) AS t(work, days)
    WHERE is_found_outcome(l.outcome) AND l.ended_day <= request.last_day
)
SELECT p.population, d.work,
       CASE WHEN NOT u.returns THEN u.returns_state
            WHEN d.days IS NULL THEN 'none' WHEN d.days < 0 THEN 'before' WHEN d.days < 4 THEN 'd0' || d.days
            WHEN d.days < 8 THEN 'd04-007' WHEN d.days < 31 THEN 'd08-030' ELSE 'd31+' END AS days,
       count(*) AS episodes
FROM done AS d
JOIN line_used AS u ON u.episode = d.episode
JOIN (VALUES ('statute'), ('audit')) AS p(population) ON p.population = 'statute' OR d.in_audit_population
GROUP BY ALL
