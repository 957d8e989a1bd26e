-- title: Times in an impossible order
-- why: The recorded times contradict each other: the agency was informed before the child was gone, or acted before it was informed.
-- next: Correct the times.
SELECT f.child_id, f.episode_no, 'medium' AS severity, f.clock_earliest, f.clock_latest, f.evidence
FROM episode_facts AS f
WHERE f.is_impossible
   OR EXISTS (SELECT 1 FROM members AS m
              WHERE m.child_id = f.child_id AND m.span_number = f.span_number AND m.kind = 'absence'
                AND m.informed_latest < m.began_earliest)
