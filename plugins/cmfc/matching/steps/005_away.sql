-- The weeks in which a record says that a child was missing, a day wider at the begin and two at the end.
-- in:    absences, placements, size
-- out:   away
-- grain: one row per record
WITH record AS (
    SELECT child_id, absent_since_earliest AS from_at, ended_at_latest AS to_at
    FROM absences
    CROSS JOIN size
    WHERE kind = 'missing'
      AND NOT is_error(end_reason, CASE WHEN ended_at_earliest <= size.as_of THEN ended_at_earliest END)
    UNION ALL
    SELECT child_id, began_at_earliest, ended_at_latest
    FROM placements
    WHERE is_missing_setting(setting)
)
SELECT r.child_id, week_of(r.from_at - hours(24)) AS from_week,
       week_of(least(coalesce(r.to_at, size.as_of), size.as_of) + hours(48)) AS to_week
FROM record AS r
CROSS JOIN size
WHERE has_happened(r.from_at, size.as_of)
