-- Closed episodes after which the child was in an ordinary placement or was verifiably seen (spec 5, queue history).
-- in:    episodes, placements, sightings
-- out:   later_whereabouts
-- grain: one row per such episode
WITH known_places AS (
    SELECT child_id, began_at_latest AS began_latest FROM placements WHERE is_ordinary_setting(setting)
    UNION ALL
    SELECT child_id, known_from_latest FROM sightings WHERE verified
)
SELECT DISTINCT e.episode_no
FROM episodes AS e
JOIN known_places AS p ON p.child_id = e.child_id AND p.began_latest >= e.ended_earliest
