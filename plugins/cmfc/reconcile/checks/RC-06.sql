-- code: RC-06
-- title: Absence entered late
-- recipient:
-- rule:
-- queue: correct_record
-- why: The absence was typed in more than 24 hours after the agency was informed.
-- next: Enter absences on the day the agency is informed.
SELECT 'absences:' || a.id AS subject_id, a.child_id, 'low' AS severity, a.ended_earliest IS NULL AS is_open,
       a.informed_earliest AS clock_earliest, a.informed_latest AS clock_latest,
       a.entered_earliest AS observed_earliest, a.entered_latest AS observed_latest, 'absences:' || a.id AS evidence
FROM evidence AS a
WHERE a.kind = 'absence' AND a.entered_earliest - a.informed_latest > 86400
