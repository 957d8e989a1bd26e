-- title: Case by case
-- recipient: as given
-- queue: act_now while open
-- why: Whether this report is required depends on the child's legal basis or on an agreement.
-- next: Decide with the legal basis or the agreement in hand, and report if in doubt.
SELECT f.*, CASE WHEN e.age_band <> '21_and_over' AND f.is_open AND f.is_checked AND f.counting_id IS NULL THEN 'high'
                 ELSE 'medium' END AS severity
FROM facts AS f
JOIN episodes AS e ON e.episode_no = f.episode_no
WHERE f.is_report_duty AND f.level = 'federal' AND f.obligation = 'review'
