-- code: RT-01
-- title: Law enforcement not told that the child was located
-- recipient: law_enforcement
-- rule: as given
-- queue: act_now
-- why: The child is back and Law enforcement was not told, or was told {over} after {limit} hours.
-- next: Tell Law enforcement that the child was located, and enter when.
SELECT f.*, 'medium' AS severity
FROM facts AS f
WHERE f.duty = 'tell_le_located' AND f.verdict IN ('late', 'missing')
  AND (f.level = 'state'
       OR NOT EXISTS (SELECT 1 FROM verdicts AS v
                      WHERE v.episode_no = f.episode_no AND v.duty = f.duty AND v.level = 'state'
                        AND v.verdict <> 'no_rule'))
