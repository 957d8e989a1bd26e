-- code: RC-15
-- title: Whereabouts recorded as known without verification
-- recipient:
-- rule:
-- queue: correct_record
-- why: The record says that the child's whereabouts are known, and nobody verified it.
-- next: Verify where the child is and enter it; if it cannot be verified, the child is missing and must be reported.
WITH claimed AS (
    SELECT record AS row_key, child_id, absent_since_earliest AS began_earliest,
           ended_at_earliest AS ended_earliest, ended_at_latest AS ended_latest
    FROM absences
    WHERE kind = 'away_known' AND absent_since_earliest IS NOT NULL AND coalesce(end_reason, '') <> 'error'
    UNION ALL
    SELECT record, child_id, began_at_earliest, ended_at_earliest, ended_at_latest
    FROM placements
    WHERE setting = 'unapproved_known' AND began_at_earliest IS NOT NULL
)
SELECT c.row_key AS subject_id, c.child_id, c.row_key AS evidence,
       CASE WHEN c.ended_earliest IS NULL THEN 'high' ELSE 'low' END AS severity
FROM claimed AS c CROSS JOIN run
WHERE run.is_sightings_checked AND coalesce(c.ended_earliest, run.as_of) - c.began_earliest > 86400
  AND NOT EXISTS (SELECT 1 FROM sightings AS s
                  WHERE s.child_id = c.child_id AND s.verified AND s.known_from_earliest IS NOT NULL
                    AND s.known_from_earliest <= coalesce(c.ended_latest, forever())
                    AND c.began_earliest <= coalesce(s.known_to_latest, forever()))
