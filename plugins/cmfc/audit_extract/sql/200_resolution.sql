-- How long findings took to be resolved, from the nights that are kept.
-- in:    seen_findings (one row per night and finding), nights, request
-- out:   resolution
-- grain: one row per code
WITH lives AS (
    SELECT exception_id, code, min(night_day) AS first_day, max(night_day) AS last_day
    FROM seen_findings GROUP BY exception_id, code
),
ended AS (  -- resolved on the first night without it after the last night with it
    SELECT l.code, l.exception_id, l.first_day, min(n.night_day) AS gone_day
    FROM lives AS l
    LEFT JOIN nights AS n ON n.night_day > l.last_day
    GROUP BY l.code, l.exception_id, l.first_day
)
SELECT e.code, count(*) AS found, count(e.gone_day) AS resolved, count(*) - count(e.gone_day) AS still_open,
       median(e.gone_day - e.first_day) AS median_days, max(e.gone_day - e.first_day) AS longest_days
FROM ended AS e
CROSS JOIN request
WHERE e.first_day BETWEEN request.first_day AND request.last_day
GROUP BY e.code
