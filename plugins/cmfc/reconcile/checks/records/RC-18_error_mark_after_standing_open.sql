-- title: Absence marked as an error after standing open
-- why: {detail}
-- next: Have a supervisor confirm that the child was not missing, and enter the end of the absence.
SELECT m.record AS subject_id, m.child_id, h.episode_no, m.record AS evidence, CASE WHEN m.has_ended THEN 'medium' ELSE 'high' END AS severity,
       CASE WHEN m.has_ended THEN 'The absence stood open for 24 hours or more before it was marked as an error.'
            ELSE 'The absence is marked as an error and has no end that can be read: it still stands.' END AS detail
FROM error_marks AS m
LEFT JOIN record_episodes AS h ON h.record = m.record
