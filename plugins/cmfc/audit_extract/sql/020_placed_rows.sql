-- Where each row that says a child was away went: into which episode, or out, and why.
-- in:    away_rows, night_episode_rows, night_determinations
-- out:   placed_rows
-- grain: one row per row of away_rows; `item` is opens_episode for one row of each episode, `lost` must never be
WITH ranked AS (
    SELECT r.*, e.episode_id,
           row_number() OVER (PARTITION BY e.episode_id ORDER BY r.began_at, r.feed, r.id) AS nth
    FROM away_rows AS r
    LEFT JOIN night_episode_rows AS e ON e.child_id = r.child_id AND e.feed = r.feed AND e.id = r.id
)
SELECT feed, id, child_id, episode_id,
       CASE WHEN standing <> 'evidence' THEN standing
            WHEN episode_id IS NOT NULL AND nth = 1 THEN 'opens_episode'
            WHEN episode_id IS NOT NULL THEN 'same_episode'
            WHEN EXISTS (  -- a stretch in which a sighting knew the whereabouts throughout holds the rows begun in it
                SELECT 1 FROM night_determinations AS d
                WHERE d.child_id = ranked.child_id AND d.kind = 'whereabouts_known'
                  AND ranked.began_at >= d.from_earliest AND (d.to_latest IS NULL OR ranked.began_at <= d.to_latest)
            ) THEN 'whereabouts_known'
            ELSE 'lost' END AS item
FROM ranked
