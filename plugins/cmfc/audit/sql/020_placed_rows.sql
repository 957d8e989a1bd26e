-- Where each row that says a child was away went: into which episode, or out, and why.
-- in:    away_rows, night_episodes, night_determinations
-- out:   placed_rows
-- grain: one row per row of away_rows; `item` is opens_episode for one row of each episode, `lost` must never be
WITH keyed AS (
    SELECT *, ';' || replace(replace(record, '\', '\\'), ';', '\;') || ';' AS row_key FROM away_rows
),
ranked AS (
    SELECT r.*, e.episode_id, d.child_id IS NOT NULL AS is_known,
           row_number() OVER (PARTITION BY e.episode_id ORDER BY r.began_at, r.feed, r.id) AS nth
    FROM keyed AS r
    LEFT JOIN night_episodes AS e
      ON e.child_id = r.child_id AND position(r.row_key IN ';' || e.evidence || ';') > 0
    LEFT JOIN night_determinations AS d
      ON d.child_id = r.child_id AND d.kind = 'whereabouts_known'
     AND position(r.row_key IN ';' || d.evidence || ';') > 0
)
SELECT feed, id, child_id, episode_id,
       CASE WHEN standing <> 'evidence' THEN standing
            WHEN episode_id IS NOT NULL AND nth = 1 THEN 'opens_episode'
            WHEN episode_id IS NOT NULL THEN 'same_episode'
            WHEN is_known THEN 'whereabouts_known'
            ELSE 'lost' END AS item
FROM ranked
