-- title: Missing and whereabouts-known records overlap
-- why: One record says that the child is missing, another that the whereabouts are known, for the same time.
-- next: Find out which is right and correct the other.
SELECT m.child_id || ':' || least(m.record_id, c.record_id) || '+' || greatest(m.record_id, c.record_id) AS subject_id, m.child_id,
       max(h.episode_no) AS episode_no, 'medium' AS severity,
       joined(with_evidence(m.record, c.record)) AS evidence
FROM evidence AS m
JOIN claims AS c ON c.child_id = m.child_id
                 AND m.began_latest < coalesce(c.ended_earliest, forever())
                 AND c.began_latest < coalesce(m.ended_earliest, forever())
LEFT JOIN record_episodes AS h ON h.record = m.record
GROUP BY m.child_id, least(m.record_id, c.record_id), greatest(m.record_id, c.record_id)
