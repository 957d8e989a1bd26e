-- Records that say that a child's whereabouts are known: away without permission, or in a place that nobody approved.
-- in:    absences, placements
-- out:   claims
-- grain: one row per such record that has begun and is no ended error
SELECT record_id, record, child_id, absent_since_earliest AS began_earliest, absent_since_latest AS began_latest,
       ended_at_earliest AS ended_earliest, ended_at_latest AS ended_latest
FROM absences
WHERE kind = 'away_known' AND absent_since_earliest IS NOT NULL AND NOT is_error(end_reason, ended_at_earliest)
UNION ALL
SELECT record_id, record, child_id, began_at_earliest, began_at_latest, ended_at_earliest, ended_at_latest
FROM placements
WHERE is_known_setting(setting) AND began_at_earliest IS NOT NULL
