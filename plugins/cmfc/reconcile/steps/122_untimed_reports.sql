-- Reports that would count and whose time cannot be read, by the episodes they may be for (spec 4.2).
-- in:    linked_reports, episodes, duties
-- out:   untimed_reports
-- grain: one row per episode and recipient that has any
SELECT e.episode_no, r.recipient, joined(r.record) AS reports
FROM linked_reports AS r
JOIN episodes AS e ON e.child_id = r.linked_child_id
JOIN duties AS d ON d.level = 'federal' AND d.recipient = r.recipient AND d.age_band = e.age_band
                AND d.custody = CASE r.recipient WHEN 'ncmec' THEN e.ncmec_custody ELSE e.le_custody END
WHERE r.is_untimed AND r.may_count
  AND CASE r.recipient WHEN 'ncmec' THEN coalesce(r.made_by, 'agency') = 'agency'
                                         OR (r.made_by = 'parent' AND d.obligation = 'third_party')
                       ELSE coalesce(r.outcome IN ('accepted', 'refused', 'told_to_wait'), FALSE)
                            OR (r.outcome = 'attempted' AND d.obligation = 'third_party') END
  AND (r.missing_since_earliest IS NULL
       OR begin_distance(e.began_earliest, e.began_latest, r.missing_since_earliest, r.missing_since_latest)
          <= begin_limit())
GROUP BY e.episode_no, r.recipient
