-- The scored pairs that are still possible, with what people said of them (spec 4.1.3, 4.1.4).
-- in:    scored, answers, claims, rules
-- out:   possible
-- grain: one row per report and child that nobody has ruled out
--   is_settled   a person said "same", and that still holds
--   is_asked     to be put before a person whatever the score: nobody could tell, or the rows have changed so much
--                since the answer that it no longer fits them
--   is_claim     the report carries this child's id and contradicts all its details: asked, whatever the score
WITH answered_pairs AS (
    SELECT s.*, a.answer, k.child_id IS NOT NULL AS is_claim,
           a.answer IS NOT NULL AND (a.is_unchanged OR CASE a.answer WHEN 'same' THEN s.probability >= rules.review
                                                                    WHEN 'not_same' THEN s.probability < rules.accept
                                                                    ELSE TRUE END) AS is_good
    FROM scored AS s
    CROSS JOIN rules
    LEFT JOIN answers AS a ON a.report_id = s.report_id AND a.child_id = s.child_id
    LEFT JOIN claims AS k ON k.report_id = s.report_id AND k.child_id = s.child_id
)
SELECT p.report_id, p.child_id, p.weight, p.probability, {fields}, p.is_claim,
       coalesce(p.answer = 'same' AND p.is_good, FALSE) AS is_settled,
       coalesce(p.answer = 'cannot_tell' OR NOT p.is_good, FALSE) AND p.answer IS NOT NULL AS is_asked,
       -- Both names and the birth date agree, and nothing contradicts: what a link made by nobody needs besides its
       -- score. One of the three may be unknown or two may be inexact, never the birth date unknown.
       p.first_name NOT IN ('remote', 'other') AND p.last_name NOT IN ('remote', 'other') AND p.sex <> 'other'
           AND p.date_of_birth IN ('same', 'day_month', 'one_digit')
           AND likeness(p.first_name) + likeness(p.last_name) + likeness(p.date_of_birth) >= 4 AS is_alike
FROM answered_pairs AS p
WHERE NOT coalesce(p.answer = 'not_same' AND p.is_good, FALSE)
