-- title: Runaway placement without an absence record
-- why: The placement says that the child is missing, and there is no absence record.
-- next: Enter the absence with the time the agency was informed.
SELECT e.child_id, e.episode_no, e.evidence,
       CASE WHEN e.is_open THEN 'high' ELSE 'medium' END AS severity
FROM episodes AS e
CROSS JOIN run
WHERE e.sources = 'placement' AND NOT run.is_run_a_placement_only
