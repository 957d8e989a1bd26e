-- The rules that the verdicts name, with their words, limits, clocks and days, and how many episodes each decided.
-- in:    night_rules, lines
-- out:   rules
-- grain: one row per dated value of a rule; of two in force at once that differ, an episode names the stronger
WITH uses AS (
    SELECT unnest([le_rule, le_state_rule, ncmec_rule, ncmec_state_rule, ncic_rule]) AS rule FROM lines
),
counted AS (
    SELECT rule, count(*) AS episodes FROM uses GROUP BY rule
)
SELECT r.rule, r.rule_id, r.level, r.duty, r.recipient, r.basis, r.plain_name AS words, r.quote, r.citation, r.is_verified,
       r.in_force_certainty, r.starts_when, r.counting, r.limit_seconds / 3600 AS limit_hours, r.limit_business_days,
       day_of(local_day(r.from_at)) AS from_on, day_of(local_day(r.until_at)) AS until_on, r.from_at, r.until_at, r.covers,
       coalesce(c.episodes, 0) AS episodes
FROM night_rules AS r
LEFT JOIN counted AS c ON c.rule = r.rule
