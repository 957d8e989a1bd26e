-- Reports that the recipient holds for settled, while the child was missing: nobody there was looking (spec 5, LE-07, NC-09).
-- in:    episode_recipients, law_rules, law_values
-- out:   closed_reports
-- grain: one row per episode and recipient, where every counting report was closed before the episode ended
SELECT r.child_id, r.episode_no, r.recipient, r.rule_id, r.clock_earliest, r.clock_latest,
       r.counting_earliest AS observed_earliest, r.counting_latest AS observed_latest, r.evidence,
       CASE WHEN NOT r.is_open THEN 'medium' WHEN v.is_verified THEN 'critical' ELSE 'high' END AS severity,
       CASE WHEN r.is_open THEN 'open' ELSE 'closed' END AS state
FROM episode_recipients AS r
JOIN law_rules AS l ON l.rule_id = r.rule_id
JOIN law_values AS v ON v.value_id = l.value_id
WHERE r.is_no_longer_live AND r.is_owed
