-- title: Law enforcement refused the report or made it wait
-- rule: us/federal/no_waiting_period
-- why [report]: Law enforcement refused the report or said to wait, and has accepted none since.
-- next: Call again and say: federal law (34 U.S.C. 41308) allows no waiting period, whatever the reason or earlier runs, and asks for entry into NCIC within 2 hours. {refusal}
SELECT r.child_id, r.episode_no, r.clock_earliest, r.clock_latest, r.evidence,
       CASE WHEN r.is_open THEN 'critical' ELSE 'high' END AS severity
FROM episode_recipients AS r
JOIN episode_facts AS e ON e.episode_no = r.episode_no
WHERE r.recipient = 'law_enforcement' AND r.refusals > 0 AND e.accepted_record IS NULL AND r.is_owed
