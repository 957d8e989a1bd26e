-- code: RT-02
-- title: NCMEC not told that the child was located
-- recipient: ncmec
-- rule: as given
-- queue: act_now
-- why never [end, report]: The child has been back since {ended}, and nobody has told NCMEC that the child was located.
-- why late [end, report]: The child has been back since {ended}; NCMEC was told {done}, later than 24 hours after it.
-- next: Tell NCMEC at 1-800-THE-LOST (1-800-843-5678) that the child was located, and enter when.
-- next late: Write down why it was late.
WITH broken AS (  -- Never told breaks the federal rule where it was in force and there is a duty, then the state's; told late, the state's; else it is advice.
    SELECT f.*, CASE WHEN f.observed_earliest IS NULL THEN 'never' ELSE 'late' END AS kind,
           CASE f.level WHEN 'federal' THEN 0 WHEN 'state' THEN 1 ELSE 2 END AS rank,
           max(CASE WHEN f.level = 'advice' AND f.verdict IN ('late', 'missing') THEN 1 ELSE 0 END)
               OVER (PARTITION BY f.episode_no) AS is_over_a_day,
           max(CASE WHEN f.level = 'state' AND f.verdict IN ('late', 'missing') THEN 1 ELSE 0 END)
               OVER (PARTITION BY f.episode_no) AS is_over_state
    FROM facts AS f
    WHERE f.duty = 'tell_ncmec_located'
),
named AS (
    SELECT *, row_number() OVER (PARTITION BY episode_no ORDER BY rank) AS nth
    FROM broken
    WHERE (is_over_a_day = 1 OR is_over_state = 1)
      AND ((level = 'federal' AND kind = 'never' AND verdict = 'no_number' AND obligation <> 'not_required')
           OR (level = 'state' AND verdict IN ('late', 'missing') AND obligation <> 'not_required')
           OR level = 'advice')
)
SELECT n.*, n.kind AS state, 'high' AS severity, with_evidence(with_evidence(e.evidence, e.ncmec_evidence), e.proof) AS evidence
FROM named AS n
JOIN episode_facts AS e ON e.episode_no = n.episode_no
WHERE n.nth = 1 AND e.may_clear
