-- title: Time the agency was informed is not recorded
-- why: The absence does not say when the agency was informed, so its 24 hours cannot be placed exactly.
-- next: Enter the time at which the agency was informed.
SELECT a.record AS subject_id, a.child_id, h.episode_no, 'medium' AS severity,
       a.record AS evidence
FROM evidence AS a
LEFT JOIN record_episodes AS h ON h.record = a.record
WHERE a.kind = 'absence' AND a.informed_earliest IS NULL
