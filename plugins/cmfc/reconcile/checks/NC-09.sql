-- code: NC-09
-- title: Report to NCMEC no longer live while the child was missing
-- recipient: ncmec
-- rule: as given
-- queue: act_now while open
-- why open [report]: By every report on file, NCMEC was told that the child was located, or closed the case, and the child is missing still: nobody there is looking.
-- why closed [report]: By every report on file, NCMEC was told that the child was located, or closed the case, before the child's record ended.
-- next: Tell NCMEC at 1-800-THE-LOST (1-800-843-5678) that the child is missing still, or correct the end of the absence.
-- next closed: Correct the times, or write down why NCMEC was told early.
SELECT f.child_id, f.episode_no, f.ncmec_rule_id AS rule_id, f.clock_earliest, f.clock_latest,
       f.ncmec_counting_earliest AS observed_earliest, f.ncmec_counting_latest AS observed_latest,
       with_evidence(f.evidence, f.ncmec_evidence) AS evidence,
       CASE WHEN NOT f.is_open THEN 'medium' WHEN v.is_verified THEN 'critical' ELSE 'high' END AS severity, CASE WHEN f.is_open THEN 'open' ELSE 'closed' END AS state
FROM episode_facts AS f
JOIN law_rules AS r ON r.rule_id = f.ncmec_rule_id
JOIN law_values AS v ON v.value_id = r.value_id
WHERE f.is_ncmec_no_longer_live AND f.ncmec_duty <> 'not_required'
