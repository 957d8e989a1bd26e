-- From every row of every agency down to the state's populations: what the agencies say, less what was joined.
-- in:    agency_funnel, lines, joined_members
-- out:   funnel
-- grain: one row per step, feed and item
SELECT step, counted, effect, feed, item, sum(number) AS number FROM agency_funnel WHERE step <= 8 GROUP BY ALL
UNION ALL
SELECT 8, 'episodes', 'out', NULL, 'joined_with_another_agency',
       count(*) - count(DISTINCT joined_no) FROM joined_members HAVING count(*) > 0
UNION ALL
SELECT 9, 'episodes', 'left', NULL, 'statute_population', count(*) FROM lines
UNION ALL
SELECT 10, 'episodes', 'out', NULL, 'shorter_than_two_calendar_days', count(*) FROM lines
WHERE NOT in_audit_population HAVING count(*) > 0
UNION ALL
SELECT 11, 'episodes', 'left', NULL, 'audit_population', count(*) FROM lines WHERE in_audit_population
