-- Of each notice that a child was located the rule that is broken, where anything may be advised (spec 3, RT-01, RT-02).
-- in:    facts, episode_facts, episode_recipients
-- out:   notice_breaches
-- grain: one row per episode and notice. `state`: never, late. Never told breaks the federal rule where it was in force
--        and there is a duty, then the state's; told late, the state's; else it is advice.
WITH worst AS (  -- of each notice the rule to name, and whether one is broken that is not the federal rule
    SELECT episode_no, duty,
           max(CASE WHEN level <> 'federal' AND verdict IN ('late', 'missing') THEN 1 ELSE 0 END) AS is_over,
           min(CASE WHEN level = 'federal' AND observed_earliest IS NULL AND verdict = 'no_number' AND is_owed THEN 0
                    WHEN level = 'state' AND verdict IN ('late', 'missing') AND is_owed THEN 1
                    WHEN level = 'advice' THEN 2 END) AS rank
    FROM facts
    WHERE is_located_duty
    GROUP BY episode_no, duty
)
SELECT f.*, with_evidence(r.evidence, e.proof) AS evidence, CASE WHEN f.observed_earliest IS NULL THEN 'never' ELSE 'late' END AS state
FROM worst AS w
JOIN facts AS f ON f.episode_no = w.episode_no AND f.duty = w.duty
               AND f.level = CASE w.rank WHEN 0 THEN 'federal' WHEN 1 THEN 'state' WHEN 2 THEN 'advice' END
JOIN episode_facts AS e ON e.episode_no = f.episode_no AND e.may_clear
JOIN episode_recipients AS r ON r.episode_no = f.episode_no AND r.recipient = f.recipient
WHERE w.is_over = 1
