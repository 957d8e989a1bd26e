-- The reports of the period under pseudonyms, and the episode that each counts for: the way back from the logs to the records.
-- in:    reported, night_links, pseudonyms
-- out:   reports
-- grain: one row per report; of several children that it may be about the likeliest
WITH linked AS (
    SELECT *, row_number() OVER (PARTITION BY feed, report_id ORDER BY score DESC NULLS LAST, child_id) AS nth FROM night_links
)
SELECT p.pseudonym AS report, r.feed, day_of(r.reported_day) AS reported_on, coalesce(l.method, 'none') AS method,
       e.pseudonym AS episode
FROM reported AS r
JOIN pseudonyms AS p ON p.kind = r.feed AND p.id = r.id
LEFT JOIN linked AS l ON l.feed = r.feed AND l.report_id = r.id AND l.nth = 1
LEFT JOIN pseudonyms AS e ON e.kind = 'episode' AND e.id = l.episode_id
