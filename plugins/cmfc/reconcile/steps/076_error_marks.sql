-- Absences marked as an error: without an end that can be read they still stand (spec 2.2, rule 1; RC-18).
-- in:    absences, run
-- out:   error_marks
-- grain: one row per absence marked as an error that has no end, or had stood open for 24 hours or more
SELECT a.record, a.child_id, a.ended_at_earliest IS NOT NULL AS has_ended
FROM absences AS a
CROSS JOIN run
WHERE a.end_reason = 'error' AND a.absent_since_earliest IS NOT NULL
  AND (a.ended_at_earliest IS NULL OR a.ended_at_earliest - a.absent_since_earliest >= hours(24))
