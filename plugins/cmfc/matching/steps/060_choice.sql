-- What becomes of each report (spec 4.1.3): at most one child, a question with at most three candidates, or nothing.
-- in:    report, report_rows, possible, doubts, answers, rules
-- out:   choice
-- grain: one row per report and child that matters to it; a report without any has one row without a child
--   method   decided, probable: the row's child is the report's; candidate: a person is asked; none.
--            A report whose time nobody can read counts for nothing (spec 4.2), so nobody is asked about it.
WITH ranked AS (
    SELECT p.*, coalesce(a.answered_at, 0) AS answered_at, coalesce(a.answer_id, 0) AS answer_id,
           row_number() OVER (PARTITION BY p.report_id ORDER BY p.weight DESC, p.child_id) AS nth,
           lead(p.weight) OVER (PARTITION BY p.report_id ORDER BY p.weight DESC, p.child_id) AS next_weight,
           count(*) FILTER (WHERE p.is_alike AND p.date_of_birth = 'same') OVER (PARTITION BY p.report_id) AS rivals,
           row_number() OVER (PARTITION BY p.report_id
                              ORDER BY p.is_settled DESC, answered_at DESC, answer_id DESC, p.child_id) AS nth_answer,
           bool_or(p.is_settled) OVER (PARTITION BY p.report_id) AS has_answer
    FROM possible AS p
    LEFT JOIN answers AS a ON a.report_id = p.report_id AND a.child_id = p.child_id
),
judged AS (
    SELECT r.*,
           r.is_settled AND r.nth_answer = 1 AS is_decided,
           r.nth = 1 AND NOT r.is_asked AND r.is_alike AND r.probability >= rules.accept
               AND r.weight - coalesce(r.next_weight, -1000) >= rules.lead_bits
               -- twins and namesakes born on one day: another child whose names and birth date fit as well
               AND r.rivals - CASE WHEN r.date_of_birth = 'same' THEN 1 ELSE 0 END = 0
               AND NOT EXISTS (SELECT 1 FROM doubts AS d WHERE d.report_id = r.report_id AND d.child_id = r.child_id)
               AS is_sure
    FROM ranked AS r
    CROSS JOIN rules
),
sure_pairs AS (
    SELECT *, bool_or(is_sure) OVER (PARTITION BY report_id) AS has_sure FROM judged
),
questions AS (
    SELECT m.*, row_number() OVER (PARTITION BY m.report_id ORDER BY m.is_asked OR m.is_claim DESC, m.nth) AS turn
    FROM sure_pairs AS m
    CROSS JOIN rules
    WHERE NOT m.has_answer AND NOT m.has_sure
      AND (m.probability >= rules.review OR m.is_asked OR m.is_claim
           OR EXISTS (SELECT 1 FROM doubts AS d WHERE d.report_id = m.report_id AND d.other_id = m.child_id))
),
chosen AS (
    SELECT report_id, child_id, CASE WHEN is_decided THEN 'decided' ELSE 'probable' END AS method, 1 AS place,
           weight, probability, next_weight, is_asked, {fields}
    FROM sure_pairs
    WHERE is_decided OR (is_sure AND NOT has_answer)
    UNION ALL
    SELECT report_id, child_id, 'candidate',
           row_number() OVER (PARTITION BY report_id ORDER BY is_asked DESC, nth), weight, probability, next_weight,
           is_asked, {fields}
    FROM questions
    WHERE turn <= 3 AND report_id NOT IN (SELECT feed || ':' || report_id FROM report_rows WHERE is_untimed)
)
SELECT string_split(r.unique_id, ':')[1] AS feed, substr(r.unique_id, instr(r.unique_id, ':') + 1) AS report_id,
       coalesce(c.method, 'none') AS method, c.place, c.child_id, c.probability AS score, c.weight, c.next_weight,
       coalesce(c.is_asked, FALSE) AS is_asked_again, {fields}
FROM (SELECT unique_id FROM report) AS r
LEFT JOIN chosen AS c ON c.report_id = r.unique_id
ORDER BY feed, report_id, place
