-- title: Report number used for two episodes
-- why: One report number stands for two episodes of this child.
-- next: Find out which episode the report was made for, and correct the other.
WITH numbered AS (
    SELECT a.recipient, a.record, a.episode_no, e.child_id, a.is_before_history, a.number, a.issuer
    FROM assigned_reports AS a
    JOIN episodes AS e ON e.episode_no = a.episode_no
    WHERE a.may_count
),
shared AS (
    SELECT recipient, child_id, issuer, number, joined(record) AS evidence
    FROM numbered
    WHERE number IS NOT NULL
    GROUP BY recipient, child_id, issuer, number
    HAVING count(DISTINCT episode_no) > 1 AND max(CASE WHEN is_before_history THEN 0 ELSE 1 END) = 1
)
SELECT n.recipient, n.child_id, n.episode_no, 'medium' AS severity,
       joined(s.evidence) AS evidence
FROM numbered AS n
JOIN shared AS s ON s.recipient = n.recipient AND s.child_id = n.child_id AND s.issuer = n.issuer
                AND s.number = n.number
GROUP BY n.episode_no, n.recipient, n.child_id
