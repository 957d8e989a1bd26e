-- Findings that are no longer live.
-- in:    absent_findings, current
-- out:   ended
-- grain: one row per finding; withdrawn: only an earlier run of this same night had found it
SELECT g.exception_id, CASE WHEN g.was_known THEN 'resolved' ELSE 'withdrawn' END AS event, g.resolved_by, g.ended
FROM absent_findings AS g
JOIN current AS c ON c.exception_id = g.exception_id
WHERE c.is_live AND NOT g.is_held
ORDER BY g.exception_id
