-- title: Reported to NCMEC before law enforcement
-- queue: history
-- why [report]: NCMEC was told before law enforcement; the NCMEC FAQ asks for the other order.
-- next: Nothing is overdue for this; check the times if the order looks wrong.
SELECT n.child_id, n.episode_no, 'info' AS severity,
       n.counting_earliest AS observed_earliest, n.counting_latest AS observed_latest,
       with_evidence(n.evidence, l.report_evidence) AS evidence
FROM episode_recipients AS n
JOIN episode_recipients AS l ON l.episode_no = n.episode_no AND l.recipient = 'law_enforcement'
WHERE n.recipient = 'ncmec' AND n.counting_latest < l.any_earliest
