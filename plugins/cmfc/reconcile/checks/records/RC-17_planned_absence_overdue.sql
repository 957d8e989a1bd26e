-- title: Planned absence overdue
-- why: {detail}
-- next: Find out where the child is today; if unknown, the child is missing and must be reported.
SELECT a.record AS subject_id, a.child_id,
       CASE WHEN a.expected_end_at_earliest IS NULL THEN 'medium' ELSE 'high' END AS severity,
       a.expected_end_at_earliest AS deadline_earliest, a.expected_end_at_latest AS deadline_latest,
       run.as_of - a.expected_end_at_latest AS over_min_seconds, run.as_of - a.expected_end_at_earliest AS over_max_seconds,
       a.record AS evidence,
       CASE WHEN a.expected_end_at_earliest IS NULL
            THEN 'The planned absence has been open for more than 30 days, and nobody wrote when it should end.'
            ELSE 'The planned absence should have ended, and has no end.' END AS detail
FROM absences AS a
CROSS JOIN run
WHERE a.kind = 'planned' AND a.absent_since_earliest IS NOT NULL AND a.ended_at_earliest IS NULL
  AND CASE WHEN a.expected_end_at_earliest IS NULL THEN run.as_of - a.absent_since_earliest > days(30)
           ELSE a.expected_end_at_latest < run.as_of END
