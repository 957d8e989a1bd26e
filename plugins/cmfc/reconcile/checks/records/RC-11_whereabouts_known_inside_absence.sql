-- title: Whereabouts known, then unknown again, in one record
-- why: The child's whereabouts were verified for a while inside this record.
-- next: Split the absence in two, each with its own informed time.
SELECT e.child_id, e.episode_no, 'medium' AS severity,
       with_evidence(e.evidence, e.interrupted_by) AS evidence
FROM episodes AS e
WHERE e.interrupted_by IS NOT NULL
