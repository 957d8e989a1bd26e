-- code: LE-04
-- title: Law enforcement refused the report or made it wait
-- recipient: law_enforcement
-- rule: us/federal/no_waiting_period
-- queue: act_now while open
-- why [report]: Law enforcement refused the report or said to wait, and has accepted none since.
-- next: Call again and say: federal law (34 U.S.C. 41308) allows no waiting period, whatever the reason or earlier runs, and asks for entry into NCIC within 2 hours. {refusal}
SELECT child_id, episode_no, clock_earliest, clock_latest, with_evidence(evidence, le_evidence) AS evidence,
       CASE WHEN is_open THEN 'critical' ELSE 'high' END AS severity
FROM episode_facts
WHERE le_refusals > 0 AND le_accepted_record IS NULL AND le_duty <> 'not_required'
