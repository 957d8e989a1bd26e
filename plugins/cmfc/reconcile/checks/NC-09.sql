-- code: NC-09
-- title: Report to NCMEC no longer live while the child was missing
-- recipient: ncmec
-- rule: us/federal/report_to_ncmec
-- queue: act_now
-- why: For every report of this episode NCMEC was told that the child was located, or closed the case, before the episode ended: nobody there was looking any more.
-- next: Tell NCMEC that the child is missing still, or correct the end of the absence.
SELECT child_id, episode_no, clock_earliest, clock_latest,
       ncmec_counting_earliest AS observed_earliest, ncmec_counting_latest AS observed_latest,
       with_evidence(evidence, ncmec_evidence) AS evidence,
       CASE WHEN is_open THEN 'critical' ELSE 'medium' END AS severity
FROM episode_facts
WHERE is_ncmec_no_longer_live
