-- How findings ended, and how long that took. What could not be checked is neither ended nor still there.
-- in:    findings
-- out:   resolution
-- grain: one row per code
SELECT code, count(*) AS found, count(*) FILTER (state = 'resolved') AS resolved,
       count(*) FILTER (ended = 'done') AS done, count(*) FILTER (ended = 'worse') AS worse,
       count(*) FILTER (ended = 'milder') AS milder, count(*) FILTER (ended = 'corrected') AS corrected,
       count(*) FILTER (ended = 'left') AS "left", count(*) FILTER (ended = 'not_recorded') AS not_recorded,
       count(*) FILTER (state = 'still_open') AS still_open, count(*) FILTER (state = 'set_aside') AS set_aside,
       count(*) FILTER (state = 'not_checked') AS not_checked, min(not_checked_since) AS not_checked_since,
       string_agg(DISTINCT not_checked_feeds, ';' ORDER BY not_checked_feeds) AS not_checked_feeds,
       median(days) AS median_days, max(days) AS longest_days
FROM findings
GROUP BY code
