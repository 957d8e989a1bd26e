-- title: Report could belong to several episodes
-- why: The time of a report that is held against this episode fits other episodes of the child as well.
-- next: Enter in the log since when the child was missing.
SELECT a.episode_no, r.recipient, r.linked_child_id AS child_id,
       CASE WHEN max(CASE WHEN h.is_open THEN 1 ELSE 0 END) = 1 THEN 'high' ELSE 'medium' END AS severity,
       with_evidence(joined(e.evidence), joined(r.record)) AS evidence
FROM assigned_reports AS a
JOIN reports AS r ON r.record = a.record
JOIN report_episodes AS h ON h.record = a.record AND h.is_possible
JOIN episodes AS e ON e.episode_no = h.episode_no
WHERE a.is_ambiguous AND a.may_count AND NOT r.is_before_history
GROUP BY a.episode_no, r.recipient, r.linked_child_id
