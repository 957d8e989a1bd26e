-- title: Whereabouts established, record still open
-- queue: act_now
-- why: A verified sighting without an end says where the child is, and the record of the absence is still open.
-- next: Find out which is right: if the child is back or the whereabouts are known, end the absence; if not, enter the end of the sighting.
SELECT e.child_id, e.episode_no, 'high' AS severity,
       with_evidence(e.evidence, e.known_after) AS evidence
FROM episodes AS e
WHERE e.is_seen
