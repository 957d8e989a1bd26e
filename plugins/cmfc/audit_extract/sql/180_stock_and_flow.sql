-- Arizona's stock and flow (A.R.S. 8-526.01) for episodes and for children; both must balance.
-- in:    lines, care, checked_children, request
-- out:   stock_and_flow
-- grain: one row per what is counted, dimension and value
WITH flows AS (
    SELECT child, nth_of_child, county,
           first_value(county) OVER (PARTITION BY child ORDER BY nth_of_child) AS county_of_child,
           began_day < first_day AS is_open_at_start, began_day >= first_day AS is_new,
           coalesce(ended_day <= last_day, FALSE) AS is_closed,
           is_found_outcome(outcome) AS is_found,
           least(coalesce(ended_day, last_day + 1), last_day + 1) - greatest(began_day, first_day) AS run_days,
           length_band(least(coalesce(ended_day, last_day), last_day) - began_day) AS length_band
    FROM lines CROSS JOIN request
),
by_episode AS (
    SELECT 'episodes' AS counted, d.dimension, coalesce(d.value, 'not recorded') AS value,
           count(*) FILTER (WHERE is_open_at_start) AS open_at_start, count(*) FILTER (WHERE is_new) AS new,
           count(*) FILTER (WHERE is_closed AND is_found) AS returned,
           count(*) FILTER (WHERE is_closed AND NOT is_found) AS otherwise_closed,
           count(*) FILTER (WHERE NOT is_closed) AS open_at_end,
           count(*) FILTER (WHERE is_new) AS had_new, count(*) FILTER (WHERE is_closed AND is_found) AS had_return,
           sum(run_days) AS run_days
    FROM flows
    CROSS JOIN LATERAL (VALUES ('all', 'all'), ('county', county), ('length_band', length_band)) AS d(dimension, value)
    GROUP BY d.dimension, d.value
),
children AS (  -- in a state, a child may be of several counties: that of its first episode counts
    SELECT child, county_of_child AS county, bool_or(is_open_at_start) AS is_open_at_start, bool_or(NOT is_closed) AS is_open_at_end,
           bool_or(is_new) AS has_new, bool_or(is_closed AND is_found) AS has_return,
           max_by(is_found, nth_of_child) AS is_last_found, sum(run_days) AS run_days
    FROM flows GROUP BY child, county_of_child
),
by_child AS (
    SELECT 'children' AS counted, d.dimension, coalesce(d.value, 'not recorded') AS value,
           count(*) FILTER (WHERE is_open_at_start) AS open_at_start,
           count(*) FILTER (WHERE is_open_at_end AND NOT is_open_at_start) AS new,
           count(*) FILTER (WHERE is_open_at_start AND NOT is_open_at_end AND is_last_found) AS returned,
           count(*) FILTER (WHERE is_open_at_start AND NOT is_open_at_end AND NOT is_last_found) AS otherwise_closed,
           count(*) FILTER (WHERE is_open_at_end) AS open_at_end,
           count(*) FILTER (WHERE has_new) AS had_new, count(*) FILTER (WHERE has_return) AS had_return, sum(run_days) AS run_days
    FROM children
    CROSS JOIN LATERAL (VALUES ('all', 'all'), ('county', county)) AS d(dimension, value)
    GROUP BY d.dimension, d.value
),
care_days AS (
    SELECT d.dimension, coalesce(d.value, 'not recorded') AS value, sum(c.to_day - c.from_day) AS care_days
    FROM care AS c
    LEFT JOIN checked_children AS k ON k.child_id = c.child_id
    CROSS JOIN LATERAL (VALUES ('all', 'all'), ('county', k.county)) AS d(dimension, value)
    GROUP BY d.dimension, d.value
)
SELECT f.*, c.care_days
FROM (SELECT * FROM by_episode UNION ALL SELECT * FROM by_child) AS f
LEFT JOIN care_days AS c ON c.dimension = f.dimension AND c.value = f.value
