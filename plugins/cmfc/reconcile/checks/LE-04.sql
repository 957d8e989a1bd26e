-- code: LE-04
-- title: Law enforcement refused the report or made it wait
-- recipient: law_enforcement
-- rule: us/federal/no_waiting_period
-- queue: act_now while open
-- why: Law enforcement refused the report or said to wait, and no accepted report is on file; federal law allows no waiting period.
-- next: Call law enforcement again and cite 34 U.S.C. 41308; record the accepted report and its number.
SELECT child_id, episode_no, clock_earliest, clock_latest, with_evidence(evidence, le_evidence) AS evidence,
       CASE WHEN is_open THEN 'critical' ELSE 'high' END AS severity
FROM episode_facts
WHERE le_refusals > 0 AND le_accepted_record IS NULL AND le_duty <> 'not_required'
