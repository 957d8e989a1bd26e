-- Every episode with its local days, and whether it lasted at any time in the period (docs/readings.md, The audit extract).
-- in:    night_episodes, request
-- out:   dated
-- grain: one row per episode of the night; days since 1970-01-01; `item` says why it is outside both populations
WITH begun AS (
    SELECT e.*, local_day(began_earliest) AS began_day, local_day(ended_earliest) AS found_day, request.*
    FROM night_episodes AS e CROSS JOIN request
),
ended AS (
    SELECT *, CASE WHEN found_day IS NOT NULL THEN greatest(began_day, found_day) END AS ended_day
    FROM begun
)
SELECT *,
       greatest(0, coalesce(ended_day, as_of_day) - began_day) AS length_days,
       CASE WHEN began_day > last_day THEN 'began_after_the_period'
            WHEN ended_day < first_day THEN 'ended_before_the_period'
            WHEN NOT in_audit_population THEN 'shorter_than_two_calendar_days'
            ELSE 'audit' END AS item
FROM ended
