-- code: CV-01
-- title: Case by case
-- recipient: as given
-- rule:
-- queue: act_now
-- why: Whether this report is required depends on the child's legal basis or on an agreement.
-- next: Decide with the legal basis or the agreement in hand, and report if in doubt.
SELECT f.*, CASE WHEN f.is_open AND f.is_checked AND f.counting_id IS NULL THEN 'high' ELSE 'medium' END AS severity
FROM facts AS f
WHERE f.level = 'federal' AND f.obligation = 'review'
