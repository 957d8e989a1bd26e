-- The findings of the period under pseudonyms.
-- in:    ended_findings, finding_pseudonyms, pseudonyms, silences (of feeds that could not be used, by code and recipient)
-- out:   findings
-- grain: one row per finding first found on a night of the period
SELECT p.pseudonym AS finding, e.code, e.recipient, n.pseudonym AS episode, day_of(e.first_day) AS first_on, e.state,
       e.ended, day_of(e.gone_day) AS ended_on, e.gone_day - e.first_day AS days,
       s.feeds AS not_checked_feeds, CASE WHEN e.state = 'not_checked' THEN day_of(s.since_day) END AS not_checked_since
FROM ended_findings AS e
JOIN finding_pseudonyms AS p ON p.exception_id = e.exception_id
LEFT JOIN pseudonyms AS n ON n.kind = 'episode' AND n.id = e.episode_id
LEFT JOIN silences AS s ON e.state = 'not_checked' AND s.code = e.code AND s.recipient IS NOT DISTINCT FROM e.recipient
