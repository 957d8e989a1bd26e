-- Texas's yearly table (Fam. Code 264.017): missing = located + still missing + left care + not recorded.
-- in:    lines, years, checked_custody, request
-- out:   yearly
-- grain: one row per fiscal year that meets the period and what is counted
WITH year_lines AS (
    SELECT y.*, l.child, l.nth_of_child, l.ended_day, l.outcome,
           row_number() OVER (PARTITION BY y.year, l.child ORDER BY l.nth_of_child DESC) AS nth_from_last
    FROM years AS y
    JOIN lines AS l ON l.began_day <= y.last_day AND coalesce(l.ended_day, y.first_day) >= y.first_day
),
fates AS (
    SELECT year, nth_from_last,
           CASE WHEN ended_day IS NULL OR ended_day > last_day THEN 'still_missing'
                WHEN is_found_outcome(outcome) THEN 'located'
                WHEN is_out_of_care(outcome) THEN 'left_care'
                ELSE 'not_recorded' END AS fate
    FROM year_lines
),
counted AS (
    SELECT year, 'episodes' AS counted, fate FROM fates
    UNION ALL
    SELECT year, 'children', fate FROM fates WHERE nth_from_last = 1
),
in_care AS (
    SELECT y.year, count(DISTINCT c.child_id) AS children_in_care
    FROM years AS y
    CROSS JOIN request
    JOIN checked_custody AS c
      ON c.authority IN ('state_care', 'court_guardianship', 'voluntary_extended_care')
     AND c.began_at_earliest <= request.as_of AND local_day(c.began_at_earliest) <= y.last_day
     AND coalesce(local_day(c.ended_at_earliest), y.first_day) >= y.first_day
    GROUP BY y.year
)
SELECT y.year, day_of(y.first_day) AS first_on, day_of(y.last_day) AS last_on, y.is_whole, k.counted,
       count(c.fate) > 0 OR coalesce(min(i.children_in_care), 0) > 0 AS has_records,
       count(c.fate) AS missing, count(*) FILTER (WHERE c.fate = 'located') AS located,
       count(*) FILTER (WHERE c.fate = 'still_missing') AS still_missing, count(*) FILTER (WHERE c.fate = 'left_care') AS left_care,
       count(*) FILTER (WHERE c.fate = 'not_recorded') AS not_recorded, coalesce(min(i.children_in_care), 0) AS children_in_care
FROM years AS y
CROSS JOIN (VALUES ('children'), ('episodes')) AS k(counted)
LEFT JOIN counted AS c ON c.year = y.year AND c.counted = k.counted
LEFT JOIN in_care AS i ON i.year = y.year
GROUP BY y.year, y.first_day, y.last_day, y.is_whole, k.counted
