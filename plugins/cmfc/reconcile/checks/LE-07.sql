-- code: LE-07
-- title: Report to law enforcement no longer live while the child was missing
-- recipient: law_enforcement
-- rule: us/federal/report_to_le
-- queue: act_now
-- why: For every report of this episode law enforcement was told that the child was located before the episode ended: nobody there was looking any more.
-- next: Tell law enforcement that the child is missing still, or correct the end of the absence.
SELECT child_id, episode_no, clock_earliest, clock_latest,
       le_counting_earliest AS observed_earliest, le_counting_latest AS observed_latest,
       with_evidence(evidence, le_evidence) AS evidence,
       CASE WHEN is_open THEN 'critical' ELSE 'medium' END AS severity
FROM episode_facts
WHERE is_le_no_longer_live
