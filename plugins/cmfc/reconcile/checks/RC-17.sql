-- code: RC-17
-- title: Planned absence overdue
-- recipient:
-- rule:
-- queue: correct_record
-- why: The planned absence should have ended {over} ago and has no end.
-- next: Find out where the child is today; if unknown, the child is missing and must be reported.
SELECT a.record AS subject_id, a.child_id, 'high' AS severity,
       a.expected_end_at_earliest AS deadline_earliest, a.expected_end_at_latest AS deadline_latest,
       run.as_of - a.expected_end_at_latest AS over_min_seconds, run.as_of - a.expected_end_at_earliest AS over_max_seconds,
       a.record AS evidence
FROM absences AS a CROSS JOIN run
WHERE a.kind = 'planned' AND a.absent_since_earliest IS NOT NULL AND coalesce(a.end_reason, '') <> 'error'
  AND a.ended_at_earliest IS NULL AND a.expected_end_at_latest < run.as_of
