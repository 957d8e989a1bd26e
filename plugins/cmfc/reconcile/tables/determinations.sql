-- What was judged not missing, and why (spec 2.2, rules 2, 4 and 5).
-- in:    absences, placements, spans
-- grain: one row per absence or placement judged not missing, and per span in which the whereabouts were known
WITH judged AS (
    SELECT child_id, absent_since_earliest AS from_earliest, ended_at_latest AS to_latest,
           CASE WHEN is_error(end_reason, ended_at_earliest) THEN 'recorded_in_error' ELSE 'not_missing' END AS kind,
           CASE WHEN is_error(end_reason, ended_at_earliest) THEN 'The absence was marked as an error.'
                WHEN kind = 'planned' THEN 'Planned absence.'
                ELSE 'Left without permission, whereabouts known.' END AS why,
           record AS evidence
    FROM absences
    WHERE absent_since_earliest IS NOT NULL AND (NOT is_missing_kind(kind) OR is_error(end_reason, ended_at_earliest))
    UNION ALL
    SELECT child_id, began_at_earliest, ended_at_latest, 'not_missing',
           'Unauthorized or unapproved placement, whereabouts known.', record
    FROM placements
    WHERE is_known_setting(setting) AND began_at_earliest IS NOT NULL
    UNION ALL
    SELECT child_id, span_began_earliest, span_ended_latest, 'whereabouts_known',
           'A verified sighting covers all of it.', sorted_evidence(with_evidence(with_evidence(evidence, known_before), CASE WHEN trimmed_at >= span_ended_latest THEN NULL ELSE known_after END))
    FROM spans
    WHERE is_known_throughout
)
SELECT child_id, from_earliest, to_latest, kind, why, evidence
FROM judged
ORDER BY child_id, from_earliest, to_latest NULLS FIRST, kind, why, evidence
