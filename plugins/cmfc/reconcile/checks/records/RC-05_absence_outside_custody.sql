-- title: Absence outside custody
-- why: No custody row may cover this absence.
-- next: Enter the custody that held, or correct the absence.
SELECT a.record AS subject_id, a.child_id, h.episode_no, 'medium' AS severity,
       a.record AS evidence
FROM evidence AS a
LEFT JOIN record_episodes AS h ON h.record = a.record
WHERE a.kind = 'absence'
  AND NOT EXISTS (SELECT 1 FROM custody AS c
                  WHERE c.child_id = a.child_id AND c.began_at_earliest <= coalesce(a.ended_latest, forever())
                    AND a.began_earliest <= coalesce(c.ended_at_latest, forever()))
