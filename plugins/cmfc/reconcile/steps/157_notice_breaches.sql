-- Of each notice that a child was located the rule that is broken, where anything may be advised (spec 3, RT-01, RT-02).
-- in:    facts, episode_facts, episode_recipients
-- out:   notice_breaches
-- grain: one row per episode and notice. `state`: never, late. Never told breaks the federal rule where it was in force
--        and there is a duty, then the state's; told late, the state's; else it is advice.
WITH broken AS (
    SELECT f.*, with_evidence(r.evidence, e.proof) AS evidence, CASE WHEN f.observed_earliest IS NULL THEN 'never' ELSE 'late' END AS state,
           CASE f.level WHEN 'federal' THEN 0 WHEN 'state' THEN 1 ELSE 2 END AS rank,
           max(CASE WHEN f.level <> 'federal' AND f.verdict IN ('late', 'missing') THEN 1 ELSE 0 END)
               OVER (PARTITION BY f.episode_no, f.duty) AS is_over
    FROM facts AS f
    JOIN episode_facts AS e ON e.episode_no = f.episode_no AND e.may_clear
    JOIN episode_recipients AS r ON r.episode_no = f.episode_no AND r.recipient = f.recipient
    WHERE f.is_located_duty
),
named AS (
    SELECT *, row_number() OVER (PARTITION BY episode_no, duty ORDER BY rank) AS nth
    FROM broken
    WHERE is_over = 1
      AND ((level = 'federal' AND state = 'never' AND verdict = 'no_number' AND is_owed)
           OR (level = 'state' AND verdict IN ('late', 'missing') AND is_owed)
           OR level = 'advice')
)
SELECT * EXCLUDE (rank, is_over, nth)
FROM named
WHERE nth = 1
