-- Reports that would count and whose time cannot be read, by the episodes they may be for (spec 4.2).
-- in:    linked_reports, episodes, episode_duties
-- out:   untimed_reports
-- grain: one row per episode and recipient that has any
SELECT e.episode_no, r.recipient, joined(r.record) AS reports
FROM linked_reports AS r
JOIN episodes AS e ON e.child_id = r.linked_child_id
JOIN episode_duties AS d ON d.episode_no = e.episode_no AND d.recipient = r.recipient
WHERE r.is_untimed AND r.may_count
  AND (r.counts_for = 'everybody' OR (r.counts_for = 'third_party' AND d.obligation = 'third_party'))
  AND (r.missing_since_earliest IS NULL
       OR begin_distance(e.began_earliest, e.began_latest, r.missing_since_earliest, r.missing_since_latest)
          <= begin_limit())
GROUP BY e.episode_no, r.recipient
