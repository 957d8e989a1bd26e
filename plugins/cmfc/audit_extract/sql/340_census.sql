-- Who was missing on each day of the period.
-- in:    lines, characteristics, request
-- out:   census
-- grain: one row per day; missing at its end = missing at its start + began - ended
WITH days AS (
    SELECT d.day FROM request, range(first_day, last_day + 1) AS d(day)
),
counted AS (
    SELECT d.day, count(*) FILTER (l.began_day < d.day) AS at_start, count(*) FILTER (l.began_day = d.day) AS began,
           count(*) FILTER (l.ended_day = d.day) AS ended,
           count(*) FILTER (l.ended_day IS NULL OR l.ended_day > d.day) AS at_end,
           count(*) FILTER ((l.ended_day IS NULL OR l.ended_day > d.day) AND d.day - l.began_day > 50) AS over_50_days,
           count(*) FILTER ((l.ended_day IS NULL OR l.ended_day > d.day) AND d.day - l.began_day > 180) AS over_180_days
    FROM days AS d
    JOIN lines AS l ON l.began_day <= d.day AND (l.ended_day IS NULL OR l.ended_day >= d.day)
    GROUP BY d.day
)
SELECT day_of(d.day) AS day, coalesce(c.at_start, 0) AS at_start, coalesce(c.began, 0) AS began,
       coalesce(c.ended, 0) AS ended, coalesce(c.at_end, 0) AS at_end, coalesce(c.over_50_days, 0) AS over_50_days,
       coalesce(c.over_180_days, 0) AS over_180_days
FROM days AS d
LEFT JOIN counted AS c ON c.day = d.day
