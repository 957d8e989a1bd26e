-- code: RC-04
-- title: Overlapping absence records
-- recipient:
-- rule:
-- queue: correct_record
-- why: Two records of the child being missing overlap.
-- next: Merge them, or correct the times.
SELECT a.child_id || ':' || a.record_id || '+' || b.record_id AS subject_id, a.child_id, h.episode_no, 'low' AS severity,
       with_evidence(a.record, b.record) AS evidence
FROM evidence AS a
JOIN evidence AS b ON b.child_id = a.child_id AND b.kind = 'absence' AND a.record_id < b.record_id
                  AND a.began_latest < coalesce(b.ended_earliest, forever())
                  AND b.began_latest < coalesce(a.ended_earliest, forever())
LEFT JOIN homes AS h ON h.record = a.record
WHERE a.kind = 'absence'
