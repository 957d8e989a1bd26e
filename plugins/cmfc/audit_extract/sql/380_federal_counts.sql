-- What 34 U.S.C. 11295a(a)(5) to (7) has NCMEC report of children missing from care, as the agency's own records have it.
-- in:    lines, characteristics, years
-- out:   federal_counts
-- grain: one row per fiscal year and what is counted. A child counts once in each column; for trafficking by any episode
WITH met AS (
    SELECT y.year, y.first_day, y.last_day, l.child, l.episode, l.ncmec_verdict, l.has_ncmec_report, c.trafficked,
           coalesce(l.ended_day <= y.last_day AND is_found_outcome(l.outcome), FALSE) AS is_recovered
    FROM years AS y
    JOIN lines AS l ON l.began_day <= y.last_day AND coalesce(l.ended_day, y.first_day) >= y.first_day
    JOIN characteristics AS c ON c.episode = l.episode
),
counted AS (
    SELECT year, 'episodes' AS counted, episode AS key, has_ncmec_report, ncmec_verdict = 'not_checked' AS is_unchecked,
           is_recovered, trafficked FROM met
    UNION ALL
    SELECT year, 'children', child, bool_or(has_ncmec_report), bool_and(ncmec_verdict = 'not_checked'),
           bool_or(is_recovered AND has_ncmec_report), bool_or(trafficked) FILTER (has_ncmec_report)
    FROM met GROUP BY year, child
)
SELECT y.year, k.counted, count(c.key) AS missing, count(*) FILTER (c.is_unchecked) AS not_checked,
       count(*) FILTER (c.has_ncmec_report) AS reported,
       count(*) FILTER (c.has_ncmec_report AND c.is_recovered) AS recovered,
       count(*) FILTER (c.has_ncmec_report AND c.trafficked) AS likely_trafficked,
       count(*) FILTER (c.has_ncmec_report AND NOT c.trafficked) AS not_trafficked,
       count(*) FILTER (c.has_ncmec_report AND c.trafficked IS NULL) AS trafficking_not_recorded
FROM years AS y
CROSS JOIN (VALUES ('children'), ('episodes')) AS k(counted)
LEFT JOIN counted AS c ON c.year = y.year AND c.counted = k.counted
GROUP BY y.year, k.counted
