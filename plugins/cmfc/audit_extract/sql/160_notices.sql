-- Whether those told that a child was missing were told that the child was back.
-- in:    lines
-- out:   notices
-- grain: one row per population, recipient, dimension, value, rule and verdict
WITH by_recipient AS (
    SELECT in_audit_population, county, began_on, 'law_enforcement' AS recipient, le_notice AS verdict,
           le_notice_rule AS rule FROM lines
    UNION ALL
    SELECT in_audit_population, county, began_on, 'ncmec', ncmec_notice, ncmec_notice_rule FROM lines
)
SELECT p.population, t.recipient, d.dimension, coalesce(d.value, 'not recorded') AS value, t.rule, t.verdict,
       count(*) AS episodes
FROM by_recipient AS t
JOIN (VALUES ('statute'), ('audit')) AS p(population) ON p.population = 'statute' OR t.in_audit_population
CROSS JOIN LATERAL (VALUES ('all', 'all'), ('county', t.county),
                           ('month', substr(CAST(t.began_on AS VARCHAR), 1, 7))) AS d(dimension, value)
GROUP BY ALL
