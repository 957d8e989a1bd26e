-- title: Absence entered late
-- why: The absence was typed in more than 24 hours after the agency was informed.
-- next: Enter absences on the day the agency is informed.
SELECT a.record AS subject_id, a.child_id, h.episode_no, 'low' AS severity,
       a.agency_informed_at_earliest AS clock_earliest, a.agency_informed_at_latest AS clock_latest,
       a.entered_at_earliest AS observed_earliest, a.entered_at_latest AS observed_latest,
       a.record AS evidence
FROM absences AS a
LEFT JOIN record_episodes AS h ON h.record = a.record
WHERE a.absent_since_earliest IS NOT NULL AND a.entered_at_earliest - a.agency_informed_at_latest > hours(24)
