-- title: Another state's child is missing
-- queue: act_now while open
-- why: Another state is responsible for this child and reports.
-- next: Confirm that the responsible state was told.
SELECT e.child_id, e.episode_no, e.evidence,
       CASE WHEN e.is_open THEN 'high' ELSE 'info' END AS severity
FROM episodes AS e
WHERE e.custody = 'other_state' AND e.age_band <> '21_and_over'
