-- What changed since the last earlier night (spec 6).
-- in:    lines, gone
-- out:   delta
-- grain: one row per finding that is new, came back or was resolved
SELECT life AS change, exception_id, code, subject_id, severity FROM lines WHERE life IN ('new', 'reopened')
UNION ALL
SELECT 'resolved', exception_id, code, subject_id, severity FROM gone WHERE was_live AND NOT is_held
