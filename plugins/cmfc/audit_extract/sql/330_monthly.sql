-- The share of reports in time by the month in which the episode began, against the target (form of A.R.S. 8-810).
-- in:    timeliness, months
-- out:   monthly
-- grain: one row per population, recipient, view and month of the period; a month without an episode has a row too
WITH keys AS (
    SELECT DISTINCT population, recipient, view FROM timeliness
)
SELECT k.population, k.recipient, k.view, m.month, coalesce(t.episodes, 0) AS episodes,
       coalesce(t.never + t.late + t.on_time + t.undetermined, 0) AS judged, coalesce(t.on_time, 0) AS on_time,
       coalesce(t.not_checked, 0) AS not_checked,
       CASE WHEN t.never + t.late + t.on_time + t.undetermined > 0
            THEN t.on_time * 100.0 / (t.never + t.late + t.on_time + t.undetermined) END AS percent,
       95 AS target_percent,
       CASE WHEN t.never + t.late + t.on_time + t.undetermined > 0
            THEN t.on_time * 100 >= 95 * (t.never + t.late + t.on_time + t.undetermined) END AS is_met
FROM keys AS k
CROSS JOIN months AS m
LEFT JOIN timeliness AS t ON t.population = k.population AND t.recipient = k.recipient AND t.view = k.view
 AND t.dimension = 'month' AND t.value = m.month
