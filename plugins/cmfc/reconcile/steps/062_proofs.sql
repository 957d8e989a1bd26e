-- What proves how a closed episode ended, where its own records do not say (spec 2.2, outcome).
-- in:    spans, members, authority, governing_custody, custody_ends, children, placements, sightings, return_work
-- out:   proofs
-- grain: one row per span that something proves; the first that applies: leaving care, a placement, a sighting, a return
WITH unexplained_ends AS (
    SELECT s.child_id, s.span_number, s.began_earliest, s.began_latest, s.ended_earliest, s.ended_latest,
           a.custody
    FROM spans AS s
    JOIN authority AS a ON a.child_id = s.child_id AND a.span_number = s.span_number
    WHERE s.ended_earliest IS NOT NULL AND s.outcome IS NULL
),
next_rows AS (
    SELECT u.child_id, u.span_number, min(m.began_earliest) AS began_earliest
    FROM unexplained_ends AS u
    JOIN members AS m ON m.child_id = u.child_id AND m.span_number > u.span_number
    GROUP BY u.child_id, u.span_number
),
left_care AS (
    SELECT u.child_id, u.span_number, c.record,
           CASE WHEN c.end_reason = 'died' THEN 'died'
                WHEN c.end_reason = 'emancipated' OR is_within_a_day(c.ended_earliest, c.ended_latest, birthday(k.date_of_birth, 18))
                  OR is_within_a_day(c.ended_earliest, c.ended_latest, birthday(k.date_of_birth, 21)) THEN 'aged_out'
                ELSE 'exited_care' END AS outcome
    FROM unexplained_ends AS u
    JOIN custody_ends AS c ON c.child_id = u.child_id AND c.ended_latest >= u.began_earliest
                          AND c.ended_earliest <= u.ended_latest + hours(24)
    LEFT JOIN children AS k ON k.child_id = u.child_id
    WHERE c.authority = u.custody
       OR EXISTS (SELECT 1 FROM governing_custody AS g
                  WHERE g.child_id = u.child_id AND g.span_number = u.span_number AND g.custody = c.authority)
),
known_places AS (
    SELECT child_id, record, 'placement' AS basis, began_at_earliest AS began_earliest, began_at_latest AS began_latest
    FROM placements
    WHERE is_ordinary_setting(setting) AND began_at_earliest IS NOT NULL
    UNION ALL
    SELECT child_id, record, 'sighting', known_from_earliest, known_from_latest
    FROM sightings
    WHERE verified AND known_from_earliest IS NOT NULL
),
proven AS (
    SELECT child_id, span_number, record, outcome, 'custody' AS basis,
           CASE outcome WHEN 'died' THEN 1 WHEN 'aged_out' THEN 2 ELSE 3 END AS rank, 0 AS since
    FROM left_care
    UNION ALL
    SELECT u.child_id, u.span_number, p.record, 'returned', p.basis, CASE p.basis WHEN 'placement' THEN 4 ELSE 5 END,
           p.began_earliest
    FROM unexplained_ends AS u
    JOIN known_places AS p
      ON p.child_id = u.child_id AND p.began_earliest > u.began_latest AND p.began_latest >= u.ended_earliest
     AND p.began_earliest <= u.ended_latest + hours(72)
    LEFT JOIN next_rows AS n ON n.child_id = u.child_id AND n.span_number = u.span_number
    WHERE p.began_latest < coalesce(n.began_earliest, forever())
    UNION ALL
    SELECT u.child_id, u.span_number, r.record, 'returned', 'return', 6, 0
    FROM unexplained_ends AS u
    JOIN return_work AS r ON r.child_id = u.child_id AND r.span_number = u.span_number
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY child_id, span_number ORDER BY rank, since, record) AS nth FROM proven
)
SELECT child_id, span_number, outcome, basis, record
FROM ranked
WHERE nth = 1
