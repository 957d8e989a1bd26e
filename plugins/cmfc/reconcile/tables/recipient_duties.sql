-- What the verdicts on each recipient rest on, so that whoever has an audit extract can judge again (spec 6).
-- in:    episodes, clocks, episode_duties, report_status, ncic_status, verdicts
-- grain: one row per episode and recipient. learned_*: the clock before what raises it for a duty (100_clocks.sql);
--        sure_*: first report that can be for no other episode; *_value: which dated value of a rule decided
WITH ncic AS (  -- law enforcement's own duty has one rule
    SELECT episode_no, max(rule_id) AS rule_id, max(value_id) AS value_id
    FROM verdicts WHERE duty = 'ncic_entry' GROUP BY episode_no
)
SELECT e.episode_id, d.recipient, d.custody, d.age_band, d.custody_from, d.obligation,
       c.informed_earliest AS learned_earliest, c.informed_latest AS learned_latest,
       CASE WHEN e.is_open THEN 'open' WHEN e.is_back THEN 'back' WHEN e.has_left_care THEN 'left_care' ELSE 'unsure' END AS ending,
       s.sure_earliest, s.sure_latest, coalesce(f.is_doubtful, FALSE) AS is_doubtful, coalesce(f.has_untimed, FALSE) AS has_untimed,
       f.rule_id AS federal_rule, f.value_id AS federal_value, t.rule_id AS state_rule, t.value_id AS state_value,
       s.told_earliest, s.told_latest,
       n.accepted_earliest, n.accepted_latest, n.entered_earliest, n.entered_latest, coalesce(n.is_entered, FALSE) AS is_entered,
       n.removed_earliest,
       x.rule_id AS ncic_rule, x.value_id AS ncic_value
FROM episodes AS e
JOIN clocks AS c ON c.episode_no = e.episode_no
JOIN episode_duties AS d ON d.episode_no = e.episode_no
LEFT JOIN report_status AS s ON s.episode_no = e.episode_no AND s.recipient = d.recipient
LEFT JOIN verdicts AS f ON f.episode_no = e.episode_no AND f.level = 'federal' AND f.duty = d.report_duty
LEFT JOIN verdicts AS t ON t.episode_no = e.episode_no AND t.level = 'state' AND t.duty = d.report_duty
LEFT JOIN ncic_status AS n ON n.episode_no = e.episode_no AND d.recipient = 'law_enforcement'
LEFT JOIN ncic AS x ON x.episode_no = e.episode_no AND d.recipient = 'law_enforcement'
ORDER BY e.episode_id, d.recipient
