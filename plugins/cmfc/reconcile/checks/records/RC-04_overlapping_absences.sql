-- title: Overlapping absence records
-- why: {detail}
-- next: Find out whether the child ran again; if so, report it now and write it as a record of its own; if not, merge the two or correct the times.
WITH doubtful AS (  -- nobody was told since the second run began, though somebody had been told of the first
    SELECT DISTINCT s.child_id, least(s.one_id, s.other_id) AS one_id, greatest(s.one_id, s.other_id) AS other_id
    FROM second_runs AS s
    JOIN episodes AS e ON e.child_id = s.child_id AND e.span_number = s.span_number
    JOIN episode_recipients AS r ON r.episode_no = e.episode_no AND r.is_owed AND r.last_latest < s.again_at
),
pairs AS (
    SELECT a.child_id, a.record_id AS one_id, b.record_id AS other_id, with_evidence(a.record, b.record) AS evidence,
           CASE WHEN a.began_earliest > b.began_earliest THEN a.record ELSE b.record END AS record
    FROM evidence AS a
    JOIN evidence AS b ON b.child_id = a.child_id AND b.kind = 'absence' AND a.record_id < b.record_id
                      AND a.began_latest < coalesce(b.ended_earliest, forever())
                      AND b.began_latest < coalesce(a.ended_earliest, forever())
    WHERE a.kind = 'absence'
    UNION ALL
    SELECT s.child_id, e.record_id, e.record_id, e.record, e.record  -- copies that became one
    FROM second_runs AS s
    JOIN evidence AS e ON e.child_id = s.child_id AND e.kind = 'absence' AND e.record_id = s.one_id
    WHERE s.one_id = s.other_id
)
SELECT p.child_id || ':' || p.one_id || '+' || p.other_id AS subject_id, p.child_id, h.episode_no, p.evidence,
       CASE WHEN d.child_id IS NULL THEN 'low' ELSE 'high' END AS severity,
       CASE WHEN d.child_id IS NOT NULL THEN 'act_now' END AS queue,
       CASE WHEN d.child_id IS NULL THEN 'Two records of the child being missing overlap.'
            ELSE 'A second run was written while the first record was open, and the reports on file are from before it: was anybody told of it?'
       END AS detail
FROM pairs AS p
LEFT JOIN doubtful AS d
  ON d.child_id = p.child_id AND d.one_id = p.one_id AND d.other_id = p.other_id
LEFT JOIN record_episodes AS h ON h.record = p.record
