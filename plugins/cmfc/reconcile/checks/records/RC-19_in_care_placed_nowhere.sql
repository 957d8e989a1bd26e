-- title: In care, placed nowhere
-- why: The child is in state care, and no placement or absence covers the last 24 hours.
-- next: Find out where the child is and enter the placement or the absence.
SELECT 'children:' || child_id AS subject_id, child_id, evidence,
       CASE WHEN was_missing THEN 'high' ELSE 'medium' END AS severity, CASE WHEN was_missing THEN 'act_now' END AS queue
FROM unplaced_children
