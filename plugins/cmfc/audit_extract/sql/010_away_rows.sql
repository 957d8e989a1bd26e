-- Every accepted row that says a child was away, and whether it is evidence of a missing child (spec 2.2, rules 1 and 5):
-- one marked as an error is none only once it has an end.
-- in:    checked_absences, checked_placements, request
-- out:   away_rows
-- grain: one row per absence, and per placement in a missing or an unapproved setting
SELECT 'absences' AS feed, record_id AS id, record, child_id, absent_since_earliest AS began_at,
       CASE WHEN NOT has_happened(absent_since_earliest, request.as_of) THEN 'not_begun'
            WHEN is_error(end_reason, if_happened(ended_at_earliest, request.as_of)) THEN 'recorded_in_error'
            WHEN kind <> 'missing' THEN kind
            ELSE 'evidence' END AS standing
FROM checked_absences CROSS JOIN request
UNION ALL
SELECT 'placements', record_id, record, child_id, began_at_earliest,
       CASE WHEN NOT has_happened(began_at_earliest, request.as_of) THEN 'not_begun'
            WHEN NOT is_missing_setting(setting) THEN setting
            ELSE 'evidence' END
FROM checked_placements CROSS JOIN request
WHERE NOT is_ordinary_setting(setting)
