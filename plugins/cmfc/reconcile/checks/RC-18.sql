-- code: RC-18
-- title: Absence marked as an error after standing open
-- recipient:
-- rule:
-- queue: correct_record
-- why: The absence stood open for 24 hours or more before it was marked as an error.
-- next: Have a supervisor confirm that the child was not missing.
SELECT a.record AS subject_id, a.child_id, 'medium' AS severity,
       a.record AS evidence
FROM absences AS a CROSS JOIN run
WHERE a.end_reason = 'error' AND a.absent_since_earliest IS NOT NULL
  AND coalesce(a.ended_at_earliest, run.as_of) - a.absent_since_earliest >= 86400
