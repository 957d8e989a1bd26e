-- Under whose authority the child was, and how old, when the episode began (spec 2.3).
-- in:    spans, custody, children, custody_ranks
-- out:   authority
-- grain: one row per episode (child and span)
WITH aged AS (
    SELECT s.child_id, s.span_number, s.began_earliest, s.began_latest, s.ended_latest,
           CASE WHEN c.date_of_birth IS NOT NULL
                THEN completed_years(c.date_of_birth, local_day(s.began_earliest)) END AS age
    FROM spans AS s
    LEFT JOIN children AS c ON c.child_id = s.child_id
    WHERE NOT s.is_known_throughout
),
banded AS (
    SELECT *, CASE WHEN age IS NULL THEN 'unknown' WHEN age >= 21 THEN '21_and_over' WHEN age >= 18 THEN '18_to_20'
                   ELSE 'under_18' END AS age_band
    FROM aged
),
at_begin AS (
    SELECT b.child_id, b.span_number, min(k.rank) AS rank
    FROM banded AS b
    JOIN custody AS c
      ON c.child_id = b.child_id AND c.began_at_earliest <= b.began_latest
     AND coalesce(c.ended_at_latest, forever()) >= b.began_earliest
    JOIN custody_ranks AS k ON k.custody = c.authority
    GROUP BY b.child_id, b.span_number
),
placed AS (
    SELECT b.*, coalesce(k.custody, 'none') AS custody
    FROM banded AS b
    LEFT JOIN at_begin AS a ON a.child_id = b.child_id AND a.span_number = b.span_number
    LEFT JOIN custody_ranks AS k ON k.rank = a.rank
)
SELECT child_id, span_number, began_latest, ended_latest, age, age_band, custody
FROM placed
