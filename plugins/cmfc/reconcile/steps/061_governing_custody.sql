-- Who governs the duty to report to each recipient (spec 2.3).
-- in:    authority, custody, custody_ranks, duties, recipients
-- out:   governing_custody
-- grain: one row per episode (child and span) and recipient. `custody_from`: set when it is a row that began inside the
--        episode and made the duty required
WITH later AS (  -- per duty, a row that makes it required takes over from one that does not
    SELECT p.child_id, p.span_number, former.duty, c.authority, c.began_at_earliest,
           row_number() OVER (PARTITION BY p.child_id, p.span_number, former.duty
                              ORDER BY c.began_at_earliest, c.began_at_latest, k.rank, c.custody_id) AS nth
    FROM authority AS p
    JOIN duties AS former ON former.level = 'federal' AND former.custody = p.custody AND former.age_band = p.age_band
                         AND former.obligation <> 'required'
    JOIN custody AS c ON c.child_id = p.child_id AND c.began_at_earliest > p.began_latest
                     AND c.began_at_earliest <= coalesce(p.ended_latest, forever())
    JOIN custody_ranks AS k ON k.custody = c.authority
    JOIN duties AS latter ON latter.level = 'federal' AND latter.duty = former.duty AND latter.custody = c.authority
                         AND latter.age_band = p.age_band AND latter.obligation = 'required'
)
SELECT a.child_id, a.span_number, r.recipient, coalesce(l.authority, a.custody) AS custody,
       l.began_at_earliest AS custody_from
FROM authority AS a
CROSS JOIN recipients AS r
LEFT JOIN later AS l
  ON l.child_id = a.child_id AND l.span_number = a.span_number AND l.duty = r.report_duty AND l.nth = 1
