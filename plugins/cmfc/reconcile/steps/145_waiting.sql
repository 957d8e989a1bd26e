-- Undecided reports that may be about a child and an episode of it, by the outer limits of 4.2: named, never counted.
-- in:    reports, matches, episodes
-- out:   waiting
-- grain: one row per episode and recipient for which a report waits for a person
SELECT e.episode_no, r.recipient, joined(r.record) AS reports
FROM reports AS r
JOIN matches AS m ON m.feed = r.feed AND m.report_id = r.record_id
JOIN episodes AS e ON e.child_id = m.child_id AND r.reported_latest >= e.began_earliest - 86400
WHERE r.method = 'candidate'
  AND (r.reported_earliest <= coalesce(e.ended_latest, forever()) + 2592000
       OR greatest(e.began_earliest - r.missing_since_latest, r.missing_since_earliest - e.began_latest) <= 172800)
GROUP BY e.episode_no, r.recipient
