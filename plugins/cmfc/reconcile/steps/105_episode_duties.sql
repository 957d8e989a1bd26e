-- The federal duty to report each episode to each recipient: the join by custody and age, made once (spec 3).
-- in:    episodes, governing_custody, recipients, duties
-- out:   episode_duties
-- grain: one row per episode and recipient
SELECT e.episode_no, r.recipient, r.report_duty, r.located_duty, g.custody, g.custody_from, e.age_band, d.obligation, d.rule_id
FROM episodes AS e
JOIN governing_custody AS g ON g.child_id = e.child_id AND g.span_number = e.span_number
JOIN recipients AS r ON r.recipient = g.recipient
JOIN duties AS d ON d.level = 'federal' AND d.duty = r.report_duty AND d.custody = g.custody AND d.age_band = e.age_band
