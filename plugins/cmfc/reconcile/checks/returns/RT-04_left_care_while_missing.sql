-- title: Left care while missing
-- why gone [custody]: The child left care while missing ({detail}); that is never the same as found.
-- why no_episode [custody]: Custody ended as runaway or unknown, and no record of the child being missing is on file at that time.
-- next: Confirm that law enforcement and NCMEC know, and that the case was not closed because the child was missing.
-- next no_episode: Find out where the child is; if unknown, the child is missing and must be reported. Enter the absence.
WITH left_inside AS (
    SELECT e.episode_no, joined(u.record) AS evidence
    FROM episodes AS e
    JOIN custody_ends AS u ON u.child_id = e.child_id AND e.began_earliest <= u.ended_latest
                          AND CASE WHEN e.is_open THEN TRUE WHEN e.is_back THEN u.ended_latest < e.ended_earliest
                                   ELSE u.ended_earliest <= e.ended_latest END
    GROUP BY e.episode_no
),
departures AS (
    SELECT CAST(NULL AS VARCHAR) AS subject_id, 'gone' AS state, e.child_id, e.episode_no, with_evidence(with_evidence(e.evidence, l.evidence), e.proof) AS evidence,
           CASE e.outcome WHEN 'exited_care' THEN 'exited care' WHEN 'aged_out' THEN 'aged out' WHEN 'died' THEN 'died'
                          ELSE 'custody ended' END AS detail
    FROM episodes AS e
    LEFT JOIN left_inside AS l ON l.episode_no = e.episode_no
    WHERE e.has_left_care OR l.episode_no IS NOT NULL
    UNION ALL
    SELECT c.record, 'no_episode', c.child_id, NULL, c.record, NULL
    FROM custody AS c
    WHERE c.end_reason = 'runaway_or_unknown' AND c.began_at_earliest IS NOT NULL AND c.ended_at_earliest IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM episodes AS e
                      WHERE e.child_id = c.child_id AND e.began_earliest <= c.ended_at_latest
                        AND c.ended_at_earliest <= coalesce(e.ended_latest, forever()))
)
SELECT g.*, CASE WHEN completed_years(k.date_of_birth, local_day(run.as_of)) >= 21 THEN 'info' ELSE 'high' END AS severity
FROM departures AS g
CROSS JOIN run
LEFT JOIN children AS k ON k.child_id = g.child_id
