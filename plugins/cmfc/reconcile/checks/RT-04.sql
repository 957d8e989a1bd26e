-- code: RT-04
-- title: Left care while missing
-- recipient:
-- rule:
-- queue: act_now
-- why: The child left care while missing ({detail}); that is never the same as found.
-- next: Confirm that law enforcement and NCMEC know, and that the case was not closed because the child was missing.
WITH unsucceeded AS (  -- custody rows that ended and were not followed within 24 h
    SELECT c.record, c.custody_id, c.child_id, c.ended_at_earliest, c.ended_at_latest
    FROM custody AS c
    WHERE c.began_at_earliest IS NOT NULL AND c.ended_at_earliest IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM custody AS s
                      WHERE s.child_id = c.child_id AND s.record <> c.record
                        AND s.began_at_earliest <= c.ended_at_latest + 86400
                        AND coalesce(s.ended_at_latest, forever()) > c.ended_at_latest)
),
left_inside AS (
    SELECT e.episode_no, joined(u.record) AS evidence
    FROM episodes AS e
    JOIN unsucceeded AS u ON u.child_id = e.child_id AND e.began_earliest < u.ended_at_earliest
                         AND u.ended_at_earliest < coalesce(e.ended_earliest, forever())
    GROUP BY e.episode_no
)
SELECT CAST(NULL AS VARCHAR) AS subject_id, e.child_id, e.episode_no, 'high' AS severity,
       with_evidence(e.evidence, l.evidence) AS evidence,
       CASE WHEN e.outcome IN ('exited_care', 'aged_out', 'died') THEN e.outcome ELSE 'custody ended' END AS detail
FROM episodes AS e
LEFT JOIN left_inside AS l ON l.episode_no = e.episode_no
WHERE e.outcome IN ('exited_care', 'aged_out', 'died') OR l.episode_no IS NOT NULL
UNION ALL
SELECT c.record, c.child_id, NULL, 'high', c.record,
       'custody ended as runaway or unknown, and no episode is on file at that time'
FROM custody AS c
WHERE c.end_reason = 'runaway_or_unknown' AND c.began_at_earliest IS NOT NULL AND c.ended_at_earliest IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM episodes AS e
                  WHERE e.child_id = c.child_id AND e.began_earliest <= c.ended_at_latest
                    AND c.ended_at_earliest <= coalesce(e.ended_latest, forever()))
