-- Local days of the period on which each child was in care or missing, overlapping stretches joined.
-- in:    checked_custody, dated, request
-- out:   care
-- grain: one row per child and stretch [from_day, to_day), clipped to the period; in care: state care, guardianship by a
--        court, or voluntary extended care
WITH stretches AS (
    SELECT child_id, local_day(began_at_earliest) AS from_day,
           coalesce(greatest(local_day(began_at_earliest), local_day(least(ended_at_earliest, as_of))), as_of_day) AS to_day,
           first_day, last_day
    FROM checked_custody CROSS JOIN request
    WHERE authority IN ('state_care', 'court_guardianship', 'voluntary_extended_care') AND began_at_earliest <= as_of
    UNION ALL
    SELECT child_id, began_day, coalesce(ended_day, as_of_day), first_day, last_day FROM dated
),
clipped AS (
    SELECT child_id, greatest(from_day, first_day) AS from_day, least(to_day, last_day + 1) AS to_day
    FROM stretches
    WHERE from_day <= last_day AND to_day > first_day AND to_day > from_day
),
flagged AS (
    SELECT *, CASE WHEN from_day <= max(to_day) OVER (PARTITION BY child_id ORDER BY from_day, to_day
                                                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                   THEN 0 ELSE 1 END AS begins
    FROM clipped
),
numbered AS (
    SELECT *, sum(begins) OVER (PARTITION BY child_id ORDER BY from_day, to_day
                                ROWS UNBOUNDED PRECEDING) AS nth
    FROM flagged
)
SELECT child_id, min(from_day) AS from_day, max(to_day) AS to_day
FROM numbered
GROUP BY child_id, nth
