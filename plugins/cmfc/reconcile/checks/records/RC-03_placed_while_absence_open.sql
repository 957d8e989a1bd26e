-- title: Placed again while the absence is open
-- why: An ordinary placement began after the child went missing, and the absence is still open.
-- next: Find out where the child is; if back, enter the end of the absence.
SELECT e.child_id, e.episode_no, 'high' AS severity,
       with_evidence(max(e.evidence), joined(p.record)) AS evidence
FROM episodes AS e
JOIN placements AS p ON p.child_id = e.child_id AND p.began_at_earliest > e.began_latest
                    AND is_ordinary_setting(p.setting)
WHERE e.is_open
GROUP BY e.episode_no, e.child_id
