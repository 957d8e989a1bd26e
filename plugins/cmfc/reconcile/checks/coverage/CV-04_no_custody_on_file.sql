-- title: No custody on file
-- why: No custody row covers the begin of this episode; it is judged as if the agency were responsible.
-- next: Enter the custody that held.
SELECT e.child_id, e.episode_no, e.evidence, 'medium' AS severity
FROM episodes AS e
WHERE e.custody = 'none' AND e.age_band <> '21_and_over'
