-- The state's lines: what one agency alone knows as it has it, what several know as judged together.
-- in:    agency_lines, joined_members, judged_lines, state_children
-- out:   lines
-- grain: one row per episode of the state
WITH lines_of_state AS (
    SELECT l.* REPLACE (coalesce(s.state_child, l.child) AS child), l.agency AS agencies
    FROM agency_lines AS l
    LEFT JOIN state_children AS s ON s.agency = l.agency AND s.child = l.child
    WHERE NOT EXISTS (SELECT 1 FROM joined_members AS j WHERE j.agency = l.agency AND j.episode = l.episode)
    UNION ALL BY NAME
    SELECT * FROM judged_lines
),
counties AS (
    SELECT county, count(*) AS episodes,
           coalesce(sum(count(*)) OVER (ORDER BY count(*) DESC, county
                                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
    FROM lines_of_state GROUP BY county
),
sized AS (
    SELECT county, CASE WHEN 2 * before < sum(episodes) OVER () THEN 'large'
                        WHEN 5 * before < 4 * sum(episodes) OVER () THEN 'medium' ELSE 'small' END AS county_size
    FROM counties
)
SELECT k.* REPLACE (
    row_number() OVER (PARTITION BY k.child ORDER BY k.began_earliest, k.began_latest, k.episode) AS nth_of_child,
    s.county_size AS county_size)
FROM lines_of_state AS k
LEFT JOIN sized AS s ON s.county IS NOT DISTINCT FROM k.county
