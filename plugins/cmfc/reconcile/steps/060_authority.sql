-- Under whose authority the child was, and how old, when the episode began; and who governs each duty (spec 2.3).
-- in:    spans, custody, children, custody_ranks, duties
-- out:   authority
-- grain: one row per episode (child and span). `le_custody`, `ncmec_custody`: the authority that governs the duty; with
--        `le_from`, `ncmec_from`, when it is a row that began inside the episode and made the duty required
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
),
later AS (  -- per duty, a row that makes it required takes over from one that does not
    SELECT p.child_id, p.span_number, former.duty, c.authority, c.began_at_earliest,
           row_number() OVER (PARTITION BY p.child_id, p.span_number, former.duty
                              ORDER BY c.began_at_earliest, c.began_at_latest, k.rank, c.custody_id) AS nth
    FROM placed AS p
    JOIN duties AS former ON former.level = 'federal' AND former.custody = p.custody AND former.age_band = p.age_band
                       AND former.obligation <> 'required'
    JOIN custody AS c ON c.child_id = p.child_id AND c.began_at_earliest > p.began_latest
                     AND c.began_at_earliest <= coalesce(p.ended_latest, forever())
    JOIN custody_ranks AS k ON k.custody = c.authority
    JOIN duties AS latter ON latter.level = 'federal' AND latter.duty = former.duty AND latter.custody = c.authority
                        AND latter.age_band = p.age_band AND latter.obligation = 'required'
)
SELECT p.child_id, p.span_number, p.age, p.age_band, p.custody,
       coalesce(le.authority, p.custody) AS le_custody, le.began_at_earliest AS le_from,
       coalesce(nc.authority, p.custody) AS ncmec_custody, nc.began_at_earliest AS ncmec_from
FROM placed AS p
LEFT JOIN later AS le
  ON le.child_id = p.child_id AND le.span_number = p.span_number AND le.duty = 'report_to_le' AND le.nth = 1
LEFT JOIN later AS nc
  ON nc.child_id = p.child_id AND nc.span_number = p.span_number AND nc.duty = 'report_to_ncmec' AND nc.nth = 1
