-- code: CV-05
-- title: Date of birth missing
-- recipient:
-- rule:
-- queue: correct_record
-- why: The child's date of birth is not known; the episode is judged as a child's.
-- next: Enter the date of birth.
SELECT e.child_id, e.episode_no, e.evidence, 'medium' AS severity
FROM episodes AS e
WHERE e.age IS NULL OR (e.age_band = '21_and_over' AND e.custody NOT IN ('in_home', 'other_state'))
