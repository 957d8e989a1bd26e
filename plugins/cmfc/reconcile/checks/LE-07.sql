-- code: LE-07
-- title: Report to law enforcement no longer live while the child was missing
-- recipient: law_enforcement
-- rule: as given
-- queue: act_now while open
-- why open [report]: By every report on file, law enforcement was told that the child was located, and the child is missing still: nobody there is looking.
-- why closed [report]: By every report on file, law enforcement was told that the child was located before the child's record ended.
-- next: Tell law enforcement that the child is missing still, or correct the end of the absence.
-- next closed: Correct the times, or write down why law enforcement was told early.
SELECT f.child_id, f.episode_no, f.le_rule_id AS rule_id, f.clock_earliest, f.clock_latest,
       f.le_counting_earliest AS observed_earliest, f.le_counting_latest AS observed_latest,
       with_evidence(f.evidence, f.le_evidence) AS evidence,
       CASE WHEN NOT f.is_open THEN 'medium' WHEN v.is_verified THEN 'critical' ELSE 'high' END AS severity, CASE WHEN f.is_open THEN 'open' ELSE 'closed' END AS state
FROM episode_facts AS f
JOIN law_rules AS r ON r.rule_id = f.le_rule_id
JOIN law_values AS v ON v.value_id = r.value_id
WHERE f.is_le_no_longer_live AND f.le_duty <> 'not_required'
