-- code: RC-14
-- title: Whereabouts established, record still open
-- recipient:
-- rule:
-- queue: correct_record
-- why: The child's whereabouts are verified, and the record of the absence is still open.
-- next: End the absence as whereabouts established; tell law enforcement and NCMEC.
SELECT e.child_id, e.episode_no, 'high' AS severity,
       with_evidence(e.evidence, e.known_after) AS evidence
FROM episodes AS e
WHERE e.is_open_in_source
