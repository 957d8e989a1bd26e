-- Whether contact was kept while the child was missing, by interval (P.L. 117-348; Texas monthly, Arizona every 7 days).
-- in:    lines, characteristics, used
-- out:   contact_kept
-- grain: one row per population, recipient, interval and state
WITH by_recipient AS (
    SELECT l.in_audit_population, r.recipient, r.gap, c.days
    FROM lines AS l
    JOIN characteristics AS c ON c.episode = l.episode
    CROSS JOIN LATERAL (VALUES ('law_enforcement', c.le_longest_gap_days),
                               ('ncmec', c.ncmec_longest_gap_days))
               AS r(recipient, gap)
)
SELECT p.population, b.recipient, i.interval_days,
       CASE WHEN NOT used.contacts THEN used.contacts_state
            WHEN b.days <= i.interval_days THEN 'too_short'
            WHEN b.gap <= i.interval_days THEN 'kept' ELSE 'not_kept' END AS state,
       count(*) AS episodes
FROM by_recipient AS b
CROSS JOIN used
JOIN (VALUES ('statute'), ('audit')) AS p(population) ON p.population = 'statute' OR b.in_audit_population
CROSS JOIN (VALUES (7), (30)) AS i(interval_days)
GROUP BY ALL
