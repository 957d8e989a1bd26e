-- What the next night must know of the episodes: their evidence rows, in the order in which they begin (spec 2.2, RC-09).
-- in:    episodes, members, known_rows, episode_successors, disappeared_episodes, unreadable_records, run
-- grain: one row per episode and evidence row; states: open, closed; unproven (it was open, and nothing says how it ended);
--        gone (RC-09); past (evidence left, no episode);
--        and one per record that cannot be read and may say that the child is missing (unreadable; gone as long as
--        somebody must say what became of it), by its feed and key; where the key cannot be read, per child
WITH was_open AS (
    SELECT DISTINCT episode_id FROM known_rows WHERE state IN ('open', 'unproven', 'gone')
)
SELECT e.episode_id, e.child_id, CASE WHEN e.is_open THEN 'open' WHEN e.outcome = 'not_recorded' AND w.episode_id IS NOT NULL THEN 'unproven' ELSE 'closed'
       END AS state, m.kind, m.id, m.key,
       m.nth_to_begin AS nth,
       digest20(run.agency || '|' || m.child_id || '|' || row_name(m.kind, m.id)) = e.episode_id AS is_name,
       e.began_earliest, e.began_latest, e.ended_earliest, e.ended_latest
FROM episodes AS e
CROSS JOIN run
JOIN members AS m ON m.child_id = e.child_id AND m.span_number = e.span_number
LEFT JOIN was_open AS w ON w.episode_id = e.episode_id
UNION ALL
SELECT k.episode_id, k.child_id, CASE WHEN v.episode_id IS NULL THEN 'past' ELSE 'gone' END, k.kind, k.id, k.key, k.nth, k.is_name,
       k.began_earliest, k.began_latest, k.ended_earliest, k.ended_latest
FROM known_rows AS k
LEFT JOIN disappeared_episodes AS v ON v.episode_id = k.episode_id
LEFT JOIN episode_successors AS s ON s.episode_id = k.episode_id
WHERE s.episode_id IS NULL AND k.kind IN ('absence', 'placement')
UNION ALL
SELECT record, child_id, 'unreadable', feed, key, key, 1, FALSE, NULL, NULL, NULL, NULL
FROM unreadable_records
WHERE key IS NOT NULL
UNION ALL
SELECT DISTINCT 'child:' || child_id, child_id, 'unreadable', 'child', child_id, child_id, 1, FALSE, NULL, NULL, NULL, NULL
FROM unreadable_records
WHERE key IS NULL
UNION ALL
SELECT k.episode_id, k.child_id, 'gone', k.kind, k.id, k.key, k.nth, FALSE, NULL, NULL, NULL, NULL
FROM known_rows AS k
JOIN disappeared_episodes AS v ON v.episode_id = k.episode_id AND v.was_unreadable
ORDER BY episode_id, nth, kind, id
