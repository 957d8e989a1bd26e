-- Every report of the period's days, dated or not, with what it was linked to and by which method.
-- in:    all_reports (dated and undated rows of both logs), night_links, request
-- out:   period_reports
-- grain: one row per row of a log; `place`: in_period, undated. Reports of other days are left out
SELECT r.feed, r.record_id, coalesce(l.child_id, r.child_id) AS child_id, l.episode_id, r.reported_earliest,
       r.reported_latest, r.is_undated, coalesce(l.method, CASE WHEN r.child_id IS NULL THEN 'none' ELSE 'id' END) AS method
FROM all_reports AS r
CROSS JOIN request
LEFT JOIN night_links AS l ON l.feed = r.feed AND l.report_id = r.record_id
WHERE r.is_undated OR (local_day(r.reported_earliest) <= last_day AND local_day(r.reported_latest) >= first_day)
