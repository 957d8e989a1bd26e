-- title: Absence without a runaway placement
-- why: The child is recorded as missing and the placement does not say so.
-- next: Enter the runaway placement, or correct the absence.
SELECT e.child_id, e.episode_no, e.evidence, 'low' AS severity
FROM episodes AS e CROSS JOIN run
WHERE e.sources = 'absence' AND run.is_runaway_placement_kept
  AND (e.is_open OR e.ended_earliest - e.began_earliest >= hours(24))
