-- title: Date of birth missing or doubtful
-- why unknown: The child's date of birth is not known; the episode is judged as a child's.
-- why too_old: By the date of birth on file the child was 21 or older. It is wrong, or the custody is, or the record was never closed.
-- next: Enter the date of birth.
-- next too_old: Check the date of birth and the custody, and whether the record should have been closed.
SELECT e.child_id, e.episode_no, e.evidence, 'medium' AS severity,
       CASE WHEN e.age IS NULL THEN 'unknown' ELSE 'too_old' END AS state
FROM episodes AS e
WHERE e.age IS NULL OR (e.age_band = '21_and_over' AND e.custody NOT IN ('in_home', 'other_state'))
