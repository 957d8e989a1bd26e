-- Why the federal verdict could not be determined: the first reason that holds.
-- in:    lines
-- out:   undetermined
-- grain: one row per population, recipient and reason
WITH by_recipient AS (
    SELECT in_audit_population, 'law_enforcement' AS recipient, le_undetermined_because AS because FROM lines
    UNION ALL
    SELECT in_audit_population, 'ncmec', ncmec_undetermined_because FROM lines
)
SELECT 'statute' AS population, recipient, because, count(*) AS episodes
FROM by_recipient WHERE because IS NOT NULL GROUP BY recipient, because
UNION ALL
SELECT 'audit', recipient, because, count(*)
FROM by_recipient WHERE because IS NOT NULL AND in_audit_population GROUP BY recipient, because
