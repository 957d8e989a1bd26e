-- Every report: which child, which episode, by what method (spec 4).
-- in:    reports, assigned_reports, episodes
-- grain: one row per report row that has happened
SELECT r.feed, r.record_id AS report_id, r.linked_child_id AS child_id, e.episode_id,
       r.method, CAST(r.score AS DOUBLE) AS score
FROM reports AS r
LEFT JOIN assigned_reports AS a ON a.record = r.record
LEFT JOIN episodes AS e ON e.episode_no = a.episode_no
ORDER BY feed, report_id
