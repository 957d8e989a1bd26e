-- code: RT-02
-- title: NCMEC not told that the child was located
-- recipient: ncmec
-- rule: as given
-- queue: act_now
-- why: The child is back and NCMEC was not told, or was told {over} after {limit} hours.
-- next: Tell NCMEC that the child was located, and enter when.
SELECT f.*, 'high' AS severity
FROM facts AS f
WHERE f.duty = 'tell_ncmec_located' AND f.verdict IN ('late', 'missing')
  AND (f.level = 'state'
       OR NOT EXISTS (SELECT 1 FROM verdicts AS v
                      WHERE v.episode_no = f.episode_no AND v.duty = f.duty AND v.level = 'state'
                        AND v.verdict <> 'no_rule'))
