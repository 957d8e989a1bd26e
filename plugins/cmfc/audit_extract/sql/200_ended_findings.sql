-- How each finding that was first found in the period stands, and how it ended (spec 5; spec 6, The audit extract).
-- in:    life_events (of findings, from the ledger), night_findings, night_standing, request
-- out:   ended_findings
-- grain: one row per finding first found on a night of the period. One that lives in the ledger and is on no list tonight
--        could not be checked: no finding ends through the silence of a feed
WITH placed AS (
    SELECT *, max(seq) FILTER (kind = 'withdrawn') OVER (PARTITION BY exception_id) AS withdrawn_seq
    FROM life_events
),
lives AS (
    SELECT exception_id, min(code) AS code, min(recipient) AS recipient, min(episode_id) AS episode_id,
           min(night_day) FILTER (kind = 'found') AS first_day,
           max(night_day) FILTER (kind = 'resolved') AS gone_day,
           arg_max(kind, seq) AS last_kind, arg_max(ended, seq) AS ended
    FROM placed
    WHERE withdrawn_seq IS NULL OR seq > withdrawn_seq
    GROUP BY exception_id
)
SELECT l.exception_id, l.code, nullif(l.recipient, '') AS recipient, l.episode_id, l.first_day,
       CASE WHEN l.last_kind = 'resolved' THEN l.gone_day END AS gone_day,
       CASE WHEN l.last_kind = 'resolved' THEN 'resolved'
            WHEN f.exception_id IS NULL THEN 'not_checked'
            WHEN s.status = 'waived' THEN 'set_aside'
            ELSE 'still_open' END AS state,
       CASE WHEN l.last_kind = 'resolved' THEN l.ended END AS ended
FROM lives AS l
CROSS JOIN request
LEFT JOIN (SELECT DISTINCT exception_id FROM night_findings WHERE coalesce(status, '') <> 'resolved') AS f
  ON f.exception_id = l.exception_id
LEFT JOIN night_standing AS s ON s.exception_id = l.exception_id
WHERE l.first_day BETWEEN request.first_day AND request.last_day
