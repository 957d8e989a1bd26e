-- Children in state care whom no placement or absence of the last 24 hours holds (spec 5, RC-19).
-- in:    custody, placements, absences, episodes, run
-- out:   unplaced_children
-- grain: one row per child; `was_missing`: an episode of the child ended within the last 90 days
WITH stays AS (
    SELECT child_id, began_at_earliest AS began_earliest, ended_at_latest AS ended_latest FROM placements
    UNION ALL
    SELECT child_id, absent_since_earliest, ended_at_latest
    FROM absences
    WHERE NOT is_error(end_reason, ended_at_earliest)
),
nowhere AS (
    SELECT c.child_id, joined(c.record) AS evidence
    FROM custody AS c
    CROSS JOIN run
    WHERE c.authority = 'state_care' AND c.began_at_latest <= run.as_of - hours(24) AND c.ended_at_earliest IS NULL
      AND NOT EXISTS (SELECT 1 FROM stays AS d
                      WHERE d.child_id = c.child_id AND d.began_earliest IS NOT NULL
                        AND coalesce(d.ended_latest, forever()) >= run.as_of - hours(24))
    GROUP BY c.child_id
)
SELECT n.child_id, n.evidence,
       EXISTS (SELECT 1 FROM episodes AS e
               WHERE e.child_id = n.child_id AND e.ended_latest >= run.as_of - days(90)) AS was_missing
FROM nowhere AS n
CROSS JOIN run
