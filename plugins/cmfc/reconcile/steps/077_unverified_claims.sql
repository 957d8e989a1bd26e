-- Records that say that a child's whereabouts are known, for more than a day, and nobody verified it (spec 5, RC-15).
-- in:    claims, sightings, run
-- out:   unverified_claims
-- grain: one row per such record. A sighting without an end vouches for its own moment; an open record needs one within
--        the last 30 days.
SELECT c.record, c.child_id, c.ended_earliest IS NULL AS is_open
FROM claims AS c
CROSS JOIN run
WHERE run.is_sightings_checked AND coalesce(c.ended_earliest, run.as_of) - c.began_earliest > hours(24)
  AND NOT EXISTS (SELECT 1 FROM sightings AS s
                  WHERE s.child_id = c.child_id AND s.verified AND s.known_from_earliest IS NOT NULL
                    AND s.known_from_earliest <= coalesce(c.ended_latest, forever())
                    AND c.began_earliest <= coalesce(s.known_to_latest, s.known_from_latest)
                    AND (c.ended_earliest IS NOT NULL
                         OR coalesce(s.known_to_latest, s.known_from_latest) >= run.as_of - days(30)))
