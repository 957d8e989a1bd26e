-- A second run that was written while the first record was open (spec 2.2, rule 3): was anybody told of it?
-- in:    members
-- out:   second_runs
-- grain: one row per pair of missing absences of one span, the later of which begins surely more than 24 h after the
--        earlier and surely before its end. Copies of one absence that begin so far apart count as two.
SELECT b.child_id, b.span_number, a.record_id AS one_id, b.record_id AS other_id, b.began_earliest AS again_at
FROM members AS a
JOIN members AS b
  ON b.child_id = a.child_id AND b.span_number = a.span_number AND b.kind = 'absence'
 AND b.began_earliest - a.began_latest > hours(24) AND coalesce(a.ended_earliest, forever()) > b.began_latest
WHERE a.kind = 'absence'
UNION ALL
SELECT child_id, span_number, record_id, record_id, again_earliest
FROM members
WHERE again_earliest - began_latest > hours(24) AND coalesce(ended_earliest, forever()) > again_latest
