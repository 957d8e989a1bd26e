-- Which records belong to which episode (spec 6): what audits and explanations join on, never the text of `evidence`.
-- in:    members, episodes, assigned_reports, reports, return_work, returns
-- grain: one row per record of an episode: its evidence, the reports for it, the work after its return
SELECT e.episode_id, m.kind || 's' AS feed, m.record_id AS id, m.record, e.child_id
FROM members AS m
JOIN episodes AS e ON e.child_id = m.child_id AND e.span_number = m.span_number
UNION ALL
SELECT e.episode_id, r.feed, r.record_id, r.record, e.child_id
FROM assigned_reports AS a
JOIN reports AS r ON r.record = a.record
JOIN episodes AS e ON e.episode_no = a.episode_no
UNION ALL
SELECT e.episode_id, 'returns', r.record_id, r.record, e.child_id
FROM return_work AS w
JOIN returns AS r ON r.record = w.record
JOIN episodes AS e ON e.child_id = w.child_id AND e.span_number = w.span_number
ORDER BY episode_id, feed, id, record
