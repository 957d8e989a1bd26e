-- code: RC-19
-- title: In care, placed nowhere
-- recipient:
-- rule:
-- queue: correct_record
-- why: The child is in state care, and no placement or absence covers the last 24 hours.
-- next: Find out where the child is and enter the placement or the absence.
WITH last_day AS (
    SELECT child_id, began_at_earliest AS began_earliest, ended_at_latest AS ended_latest FROM placements
    UNION ALL
    SELECT child_id, absent_since_earliest, ended_at_latest FROM absences WHERE coalesce(end_reason, '') <> 'error'
)
SELECT 'children:' || c.child_id AS subject_id, c.child_id, 'medium' AS severity,
       joined(c.record) AS evidence
FROM custody AS c CROSS JOIN run
WHERE c.authority = 'state_care' AND c.began_at_latest <= run.as_of - 86400 AND c.ended_at_earliest IS NULL
  AND NOT EXISTS (SELECT 1 FROM last_day AS d
                  WHERE d.child_id = c.child_id AND d.began_earliest IS NOT NULL
                    AND coalesce(d.ended_latest, forever()) >= run.as_of - 86400)
GROUP BY c.child_id
