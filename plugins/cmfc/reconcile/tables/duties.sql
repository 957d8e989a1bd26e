-- Who owes which report, by custody and age band (spec 2.3): what the night was judged by.
-- in:    duties
-- grain: one row per level, duty, custody and age band
SELECT level, duty, recipient, custody, age_band, obligation, rule_id, why FROM duties
ORDER BY level, duty, custody, age_band
