-- title: The record ended and nobody wrote how
-- why: The record of the child being missing ended on {ended}, and nothing on file says how.
-- next: Find out whether the child is back; enter how the absence ended, or open it again.
WITH stayed AS (  -- a placement that was never ended, in a source that has no word for how a run ends
    SELECT e.episode_no
    FROM episodes AS e
    JOIN placements AS p ON p.child_id = e.child_id AND is_ordinary_setting(p.setting) AND p.began_at_latest < e.began_earliest
                        AND coalesce(p.ended_at_latest, forever()) >= e.ended_latest
    GROUP BY e.episode_no
)
SELECT e.child_id, e.episode_no,
       CASE WHEN NOT run.is_end_reason_kept AND s.episode_no IS NOT NULL THEN 'medium'
            WHEN run.as_of - e.ended_latest > days(90) THEN 'medium' ELSE 'high' END AS severity,
       CASE WHEN NOT run.is_end_reason_kept AND s.episode_no IS NOT NULL THEN 'explain' END AS queue,
       e.ended_earliest AS observed_earliest, e.ended_latest AS observed_latest, e.evidence
FROM episodes AS e
CROSS JOIN run
LEFT JOIN stayed AS s ON s.episode_no = e.episode_no
WHERE e.outcome = 'not_recorded' AND run.is_proof_complete
