-- code: RC-07
-- title: Time the agency was informed is not recorded
-- recipient:
-- rule:
-- queue: correct_record
-- why: The absence does not say when the agency was informed, so its 24 hours cannot be placed exactly.
-- next: Enter the time at which the agency was informed.
SELECT 'absences:' || a.id AS subject_id, a.child_id, 'medium' AS severity, a.ended_earliest IS NULL AS is_open,
       'absences:' || a.id AS evidence
FROM evidence AS a
WHERE a.kind = 'absence' AND a.informed_earliest IS NULL
