-- code: NC-11
-- title: Reported to NCMEC before law enforcement
-- recipient: ncmec
-- rule:
-- queue: history
-- why [report]: NCMEC was told before law enforcement; the NCMEC FAQ asks for the other order.
-- next: Nothing is overdue for this; check the times if the order looks wrong.
SELECT child_id, episode_no, 'info' AS severity,
       ncmec_counting_earliest AS observed_earliest, ncmec_counting_latest AS observed_latest,
       with_evidence(with_evidence(evidence, le_evidence), ncmec_evidence) AS evidence
FROM episode_facts
WHERE ncmec_counting_latest < le_any_earliest
