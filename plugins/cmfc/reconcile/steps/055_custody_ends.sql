-- Custody that ended and that no other followed within 24 hours (spec 2.2 outcome, spec 5 RT-04).
-- in:    custody
-- out:   custody_ends
-- grain: one row per such custody row
SELECT c.record, c.child_id, c.authority, c.end_reason,
       c.ended_at_earliest AS ended_earliest, c.ended_at_latest AS ended_latest
FROM custody AS c
WHERE c.began_at_earliest IS NOT NULL AND c.ended_at_earliest IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM custody AS s
                  WHERE s.child_id = c.child_id AND s.record <> c.record AND s.authority <> 'in_home'
                    AND s.began_at_earliest <= c.ended_at_latest + hours(24)
                    AND coalesce(s.ended_at_latest, forever()) > c.ended_at_latest)
