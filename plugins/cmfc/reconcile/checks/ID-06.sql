-- code: ID-06
-- title: Report could belong to several episodes
-- recipient: as given
-- rule:
-- queue: correct_record
-- why: The report's time fits several episodes of the child.
-- next: Enter in the log since when the child was missing.
SELECT r.feed || ':' || r.report_id AS subject_id, r.recipient, r.linked_child_id AS child_id,
       max(a.episode_id) AS episode_id, max(e.is_open) AS is_open,
       CASE WHEN max(CASE WHEN e.is_open THEN 1 ELSE 0 END) = 1 THEN 'high' ELSE 'medium' END AS severity,
       r.reported_earliest AS observed_earliest, r.reported_latest AS observed_latest,
       with_evidence(joined(e.evidence), r.feed || ':' || r.report_id) AS evidence
FROM assigned AS a
JOIN reports AS r ON r.feed = a.feed AND r.report_id = a.report_id
JOIN episodes AS e ON e.child_id = r.linked_child_id AND e.began_earliest <= r.reported_latest
                  AND r.reported_earliest <= coalesce(e.ended_latest, forever())
WHERE a.is_ambiguous AND NOT r.is_before_history
GROUP BY r.feed, r.report_id, r.recipient, r.linked_child_id, r.reported_earliest, r.reported_latest
