-- title: Returned per absence, still runaway per placement
-- why: The absence record says that the child was found, and the runaway placement goes on.
-- next: Find out which is right; end the placement, or record a new absence.
SELECT e.child_id, e.episode_no, e.evidence,
       CASE WHEN e.cut = 2 THEN 'high' ELSE 'low' END AS severity
FROM episodes AS e
WHERE e.cut > 0
