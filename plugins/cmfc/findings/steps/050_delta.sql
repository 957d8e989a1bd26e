-- What changed since the last earlier night (spec 6): of findings, and of the duty that each is about (spec 5).
-- in:    lines, absent_findings, base, duty_codes, lineage
-- out:   delta
-- grain: one row per finding that is new, came back or was resolved. `duty_change`: better, worse, new, over; a finding
--        that gives way to another of its duty has none, since the other says it, nor has one that goes on in another
WITH former AS (
    SELECT coalesce(l.episode_id, b.subject_id) AS subject_id, b.recipient, min(d.rank) AS rank
    FROM base AS b
    JOIN duty_codes AS d ON d.code = b.code
    LEFT JOIN lineage AS l ON l.other_id = b.subject_id AND l.change = 'supersedes'
    WHERE b.is_live
    GROUP BY ALL
),
continuing AS (  -- duties whose finding only seems to have given way to a milder one
    SELECT DISTINCT a.subject_id, b.recipient FROM absent_findings AS a JOIN base AS b ON b.exception_id = a.exception_id
    WHERE a.is_held AND a.code IN (SELECT code FROM duty_codes)
)
SELECT n.life AS change, n.exception_id, n.code, n.subject_id, n.severity, CAST(NULL AS VARCHAR) AS ended,
       CASE WHEN d.rank < f.rank THEN 'worse' WHEN d.rank > f.rank THEN CASE WHEN h.subject_id IS NULL THEN 'better' END
            ELSE 'new' END AS duty_change
FROM lines AS n
LEFT JOIN duty_codes AS d ON d.code = n.code
LEFT JOIN former AS f ON d.code IS NOT NULL AND f.subject_id = n.subject_id AND f.recipient = n.recipient
LEFT JOIN continuing AS h ON h.subject_id = n.subject_id AND h.recipient = n.recipient
WHERE n.life IN ('new', 'reopened')
UNION ALL
SELECT 'resolved', exception_id, code, subject_id, severity, ended, CASE WHEN ended NOT IN ('worse', 'milder') AND NOT goes_on THEN 'over' END
FROM absent_findings
WHERE was_live AND NOT is_held
