-- How tonight's episodes come from those of the last run, where it is more than staying the same (spec 2.2).
-- in:    identities, episode_successors, members, spans, known_rows
-- grain: one row per episode, change and other. supersedes: the other goes on in it. split_from: it was part of the
--        other. first_row: its first evidence row was the other, as kind:id.
SELECT i.episode_id, 'supersedes' AS change, h.episode_id AS other_id
FROM episode_successors AS h
JOIN identities AS i ON i.child_id = h.child_id AND i.span_number = h.span_number
WHERE h.nth = 1 AND h.episode_id <> i.episode_id
UNION ALL
SELECT i.episode_id, 'split_from', h.episode_id
FROM episode_successors AS h
JOIN identities AS i ON i.child_id = h.child_id AND i.span_number = h.span_number
WHERE h.nth > 1
UNION ALL
SELECT i.episode_id, 'first_row', row_name(k.kind, k.id)
FROM identities AS i
JOIN spans AS s ON s.child_id = i.child_id AND s.span_number = i.span_number
JOIN known_rows AS k ON k.episode_id = i.episode_id AND k.nth = 1
WHERE i.is_known AND s.first_row <> row_name(k.kind, k.id)
ORDER BY episode_id, change, other_id
