-- Reports never made, late, on time or undetermined, by one dimension at a time.
-- in:    judged
-- out:   timeliness
-- grain: one row per population, recipient, view, dimension and value
WITH spread AS (
    SELECT population, recipient, view, outcome, d.dimension, coalesce(d.value, 'not recorded') AS value
    FROM judged
    CROSS JOIN LATERAL (VALUES ('all', 'all'), ('county', county), ('age_band', age_band), ('custody', custody),
                               ('reason', reason), ('length_band', length_band), ('duty', duty), ('rule', rule),
                               ('month', substr(CAST(began_on AS VARCHAR), 1, 7))) AS d(dimension, value)
    UNION ALL  -- an empty population has a row of noughts
    SELECT p.population, t.recipient, v.view, NULL, 'all', 'all'
    FROM (VALUES ('statute'), ('audit')) AS p(population)
    CROSS JOIN (VALUES ('law_enforcement'), ('ncmec')) AS t(recipient)
    CROSS JOIN (VALUES ('statute'), ('calendar_days')) AS v(view)
)
SELECT population, recipient, view, dimension, value, count(outcome) AS episodes,
       count(*) FILTER (WHERE outcome = 'never') AS never, count(*) FILTER (WHERE outcome = 'late') AS late,
       count(*) FILTER (WHERE outcome = 'on_time') AS on_time, count(*) FILTER (WHERE outcome = 'undetermined') AS undetermined,
       count(*) FILTER (WHERE outcome = 'ended_first') AS ended_first, count(*) FILTER (WHERE outcome = 'pending') AS pending,
       count(*) FILTER (WHERE outcome = 'no_rule') AS no_rule,
       count(*) FILTER (WHERE outcome = 'no_number') AS no_number, count(*) FILTER (WHERE outcome = 'no_duty') AS no_duty,
       count(*) FILTER (WHERE outcome = 'not_checked') AS not_checked
FROM spread
GROUP BY population, recipient, view, dimension, value
