-- Keys that the last run held for several children, as keys do that count from 1 for each child (spec 2.2, episode_id).
-- in:    known_rows (the last run's)
-- out:   shared_keys
-- grain: one row per kind and key. That a row of such a key is there says nothing of another child
SELECT kind, key
FROM known_rows
GROUP BY kind, key
HAVING count(DISTINCT child_id) > 1
