-- Entry in NCIC within 2 hours of the accepted report (34 U.S.C. 41308(3)).
-- in:    lines
-- out:   ncic
-- grain: one row per population, dimension, value and verdict
SELECT p.population, d.dimension, coalesce(d.value, 'not recorded') AS value, l.ncic_verdict AS verdict,
       count(*) AS episodes
FROM lines AS l
JOIN (VALUES ('statute'), ('audit')) AS p(population) ON p.population = 'statute' OR l.in_audit_population
CROSS JOIN LATERAL (VALUES ('all', 'all'), ('county', l.county),
                           ('month', substr(CAST(l.began_on AS VARCHAR), 1, 7))) AS d(dimension, value)
GROUP BY ALL
