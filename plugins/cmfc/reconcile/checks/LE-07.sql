-- code: LE-07
-- title: Report to law enforcement no longer live while the child was missing
-- recipient: law_enforcement
-- rule: as given
-- queue: act_now while open
-- why open [report]: By every report on file, law enforcement was told that the child was located, and the child is missing still: nobody there is looking.
-- why closed [report]: By every report on file, law enforcement was told that the child was located before the child's record ended.
-- next: Tell law enforcement that the child is missing still, or correct the end of the absence.
-- next closed: Correct the times, or write down why law enforcement was told early.
SELECT r.child_id, r.episode_no, r.rule_id, r.clock_earliest, r.clock_latest,
       r.counting_earliest AS observed_earliest, r.counting_latest AS observed_latest, r.evidence,
       CASE WHEN NOT r.is_open THEN 'medium' WHEN v.is_verified THEN 'critical' ELSE 'high' END AS severity,
       CASE WHEN r.is_open THEN 'open' ELSE 'closed' END AS state
FROM episode_recipients AS r
JOIN law_rules AS l ON l.rule_id = r.rule_id
JOIN law_values AS v ON v.value_id = l.value_id
WHERE r.recipient = 'law_enforcement' AND r.is_no_longer_live AND r.is_owed
