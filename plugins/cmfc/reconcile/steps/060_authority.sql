-- Under whose authority the child was, and how old, when the episode began (spec 2.3).
-- in:    spans, custody, children, custody_ranks, duties, run
-- out:   authority
-- grain: one row per episode (child and span); `custody_from` is set when a custody row that began later governs
WITH aged AS (
    SELECT s.child_id, s.span_number, s.began_earliest, s.began_latest, s.ended_latest,
           CASE WHEN c.date_of_birth IS NOT NULL
                THEN completed_years(c.date_of_birth, local_day(s.began_earliest)) END AS age
    FROM spans AS s
    LEFT JOIN children AS c ON c.child_id = s.child_id
    WHERE s.is_known_throughout IS NOT TRUE
),
banded AS (
    SELECT *, CASE WHEN age >= 21 THEN '21_and_over' WHEN age >= 18 THEN '18_to_20' WHEN age IS NULL THEN 'unknown'
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
),
later AS (  -- a row whose duty is required takes over from one whose duty is not
    SELECT p.child_id, p.span_number, c.authority, c.began_at_earliest,
           row_number() OVER (PARTITION BY p.child_id, p.span_number
                              ORDER BY c.began_at_earliest, c.began_at_latest, k.rank, c.custody_id) AS nth
    FROM placed AS p
    JOIN duties AS held ON held.level = 'federal' AND held.duty = 'report_to_le'
                      AND held.custody = p.custody AND held.age_band = p.age_band AND held.obligation <> 'required'
    JOIN custody AS c ON c.child_id = p.child_id AND c.began_at_earliest > p.began_latest
                     AND c.began_at_earliest <= coalesce(p.ended_latest, forever())
    JOIN custody_ranks AS k ON k.custody = c.authority
    JOIN duties AS taken ON taken.level = 'federal' AND taken.duty = 'report_to_le'
                       AND taken.custody = c.authority AND taken.age_band = p.age_band AND taken.obligation = 'required'
)
SELECT p.child_id, p.span_number, p.age, p.age_band,
       coalesce(l.authority, p.custody) AS custody, l.began_at_earliest AS custody_from
FROM placed AS p
LEFT JOIN later AS l ON l.child_id = p.child_id AND l.span_number = p.span_number AND l.nth = 1
