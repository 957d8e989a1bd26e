-- code: RC-05
-- title: Absence outside custody
-- recipient:
-- rule:
-- queue: correct_record
-- why: No custody row may cover this absence.
-- next: Enter the custody that held, or correct the absence.
SELECT 'absences:' || a.id AS subject_id, a.child_id, h.episode_no, 'medium' AS severity,
       'absences:' || a.id AS evidence
FROM evidence AS a
LEFT JOIN homes AS h ON h.kind = a.kind AND h.id = a.id
WHERE a.kind = 'absence'
  AND NOT EXISTS (SELECT 1 FROM custody AS c
                  WHERE c.child_id = a.child_id AND c.began_at_earliest <= coalesce(a.ended_latest, forever())
                    AND a.began_earliest <= coalesce(c.ended_at_latest, forever()))
