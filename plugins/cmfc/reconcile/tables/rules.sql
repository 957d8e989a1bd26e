-- The dated values of the law that the night was judged by, in words and numbers (spec 3, 6).
-- in:    law_values, value_scopes
-- grain: one row per value; `rule` names it: its rule and its first day. `covers`: custody/age band, joined by semicolons
WITH named AS (
    SELECT *, row_number() OVER (PARTITION BY rule_id, from_at ORDER BY value_id) AS nth,
           rule_id || '@' || CAST(DATE '1970-01-01' + CAST(local_day(from_at) AS INTEGER) AS VARCHAR) AS name
    FROM law_values
),
covered AS (
    SELECT value_id, listed(custody || '/' || age_band, ';', custody, age_band) AS covers
    FROM value_scopes GROUP BY value_id
)
SELECT v.value_id, v.name || CASE WHEN nth = 1 THEN '' ELSE '/' || nth END AS rule, v.rule_id, v.level, v.duty, v.recipient,
       v.basis, v.plain_name, v.quote, v.citation, v.is_verified, v.in_force_certainty, v.starts_when, v.counting,
       v.limit_seconds, v.limit_business_days, v.from_at, CASE WHEN v.until_at < forever() THEN v.until_at END AS until_at,
       c.covers
FROM named AS v
LEFT JOIN covered AS c ON c.value_id = v.value_id
ORDER BY v.value_id
