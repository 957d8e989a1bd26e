-- Windows in which a child's whereabouts were verified, overlapping and touching ones joined (spec 2.2, rule 4).
-- in:    sightings, evidence
-- out:   verified_windows
-- grain: one row per child and window [starts_at, ends_at]. ends_at is forever() when nothing ends it: such a window is
--        not joined with others
WITH sighted AS (  -- one without an end lasts until the first row that may begin after it
    SELECT s.child_id, s.record, s.known_from_latest AS starts_at,
           coalesce(s.known_to_earliest, min(e.began_earliest), forever()) AS ends_at
    FROM sightings AS s
    LEFT JOIN evidence AS e
      ON e.child_id = s.child_id AND s.known_to_earliest IS NULL AND e.began_latest >= s.known_from_earliest
    WHERE s.verified AND s.known_from_earliest IS NOT NULL
    GROUP BY s.child_id, s.record, s.known_from_latest, s.known_to_earliest
),
flagged AS (
    SELECT *, CASE WHEN starts_at <= max(ends_at) OVER (PARTITION BY child_id ORDER BY starts_at, ends_at, record
                                                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                   THEN 0 ELSE 1 END AS begins_window
    FROM sighted
    WHERE ends_at > starts_at AND ends_at < forever()
),
numbered AS (
    SELECT *, sum(begins_window) OVER (PARTITION BY child_id ORDER BY starts_at, ends_at, record
                                       ROWS UNBOUNDED PRECEDING) AS window_number
    FROM flagged
)
SELECT child_id, min(starts_at) AS starts_at, max(ends_at) AS ends_at, joined(record) AS evidence
FROM numbered
GROUP BY child_id, window_number
UNION ALL
SELECT child_id, starts_at, ends_at, record
FROM sighted
WHERE ends_at = forever()
