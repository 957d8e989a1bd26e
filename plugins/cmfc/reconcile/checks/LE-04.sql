-- code: LE-04
-- title: Law enforcement refused the report or made it wait
-- recipient: law_enforcement
-- rule: us/federal/no_waiting_period
-- queue: act_now
-- why: Law enforcement refused the report or said to wait, and no accepted report is on file; federal law allows no waiting period.
-- next: Call law enforcement again and cite 34 U.S.C. 41308; record the accepted report and its number.
SELECT *, with_evidence(evidence, le_evidence) AS evidence, CASE WHEN is_open THEN 'critical' ELSE 'high' END AS severity
FROM (SELECT * FROM episode_facts WHERE le_refusals > 0 AND le_accepted IS NULL) AS refused
