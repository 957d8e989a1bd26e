-- code: RT-01
-- title: Law enforcement not told that the child was located
-- recipient: law_enforcement
-- rule: as given
-- queue: act_now
-- why never [end, report]: The child has been back since {ended}, and nobody has told law enforcement that the child was located.
-- why late [end, report]: The child has been back since {ended}; law enforcement was told {done}, later than 24 hours after it.
-- next: Tell law enforcement that the child was located, and enter when.
-- next late: Write down why it was late.
SELECT n.*, 'medium' AS severity, with_evidence(with_evidence(e.evidence, e.le_evidence), e.proof) AS evidence
FROM notice_breaches AS n
JOIN episode_facts AS e ON e.episode_no = n.episode_no
WHERE n.duty = 'tell_le_located'
