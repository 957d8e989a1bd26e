-- Why the federal and the state's verdict could not be determined: the first reason that holds.
-- in:    lines
-- out:   undetermined
-- grain: one row per population, recipient, view and reason
WITH reasons AS (
    SELECT l.in_audit_population, r.recipient, r.view, r.because
    FROM lines AS l
    CROSS JOIN LATERAL (VALUES ('law_enforcement', 'statute', l.le_undetermined_because),
                               ('law_enforcement', 'state', l.le_state_undetermined_because),
                               ('ncmec', 'statute', l.ncmec_undetermined_because),
                               ('ncmec', 'state', l.ncmec_state_undetermined_because)) AS r(recipient, view, because)
)
SELECT p.population, r.recipient, r.view, r.because, count(*) AS episodes
FROM reasons AS r
JOIN (VALUES ('statute'), ('audit')) AS p(population) ON p.population = 'statute' OR r.in_audit_population
WHERE r.because IS NOT NULL
GROUP BY ALL
