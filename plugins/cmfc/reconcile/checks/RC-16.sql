-- code: RC-16
-- title: Missing and whereabouts-known records overlap
-- recipient:
-- rule:
-- queue: correct_record
-- why: One record says that the child is missing, another that the whereabouts are known, for the same time.
-- next: Find out which is right and correct the other.
WITH claimed AS (
    SELECT record_id AS id, record AS row_key, child_id, absent_since_latest AS began_latest,
           ended_at_earliest AS ended_earliest
    FROM absences
    WHERE kind = 'away_known' AND absent_since_earliest IS NOT NULL AND NOT is_error(end_reason, ended_at_earliest)
    UNION ALL
    SELECT record_id, record, child_id, began_at_latest, ended_at_earliest
    FROM placements
    WHERE setting = 'unapproved_known' AND began_at_earliest IS NOT NULL
)
SELECT m.child_id || ':' || least(m.record_id, c.id) || '+' || greatest(m.record_id, c.id) AS subject_id, m.child_id,
       max(h.episode_no) AS episode_no, 'medium' AS severity,
       joined(with_evidence(m.record, c.row_key)) AS evidence
FROM evidence AS m
JOIN claimed AS c ON c.child_id = m.child_id
                 AND m.began_latest < coalesce(c.ended_earliest, forever())
                 AND c.began_latest < coalesce(m.ended_earliest, forever())
LEFT JOIN homes AS h ON h.record = m.record
GROUP BY m.child_id, least(m.record_id, c.id), greatest(m.record_id, c.id)
