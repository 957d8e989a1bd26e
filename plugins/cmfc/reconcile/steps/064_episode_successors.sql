-- Where the episodes of the last run went: spans of tonight that hold one of their evidence rows (spec 2.2, episode_id).
-- in:    known_rows (the last run's), members, spans, known_children, shared_keys
-- out:   episode_successors
-- grain: one row per known episode and span that share evidence; nth 1 is the span that continues the episode: it holds
--        the row that the episode is named after, else the earliest row that is left
-- A row counts only under the same child, or under another when no feed holds the former id any more (ids were merged), and
-- the key was of that child alone (shared_keys): a record that was moved from one child on file to another is not the same case.
-- Where the key names several rows of the child now, or did then, the row of the same name counts, else any of the key.
WITH shared_rows AS (
    SELECT k.episode_id, k.state, k.began_earliest, k.is_name, k.nth, p.child_id, p.span_number,
           CASE WHEN p.id = k.id THEN 1 ELSE 0 END AS is_same,
           max(CASE WHEN p.id = k.id THEN 1 ELSE 0 END) OVER (PARTITION BY k.episode_id, k.kind, k.id) AS has_same
    FROM known_rows AS k
    JOIN members AS p ON p.kind = k.kind AND p.key = k.key
    JOIN spans AS s ON s.child_id = p.child_id AND s.span_number = p.span_number AND NOT s.is_known_throughout
    LEFT JOIN known_children AS c ON c.child_id = k.child_id
    LEFT JOIN shared_keys AS u ON u.kind = k.kind AND u.key = k.key
    WHERE p.child_id = k.child_id OR (c.child_id IS NULL AND u.key IS NULL)
),
shared AS (
    SELECT *, row_number() OVER (PARTITION BY episode_id
                                 ORDER BY CASE WHEN is_name THEN 0 ELSE 1 END, nth, child_id, span_number) AS nth_row
    FROM shared_rows
    WHERE is_same = has_same
)
SELECT episode_id, state, began_earliest, child_id, span_number,
       row_number() OVER (PARTITION BY episode_id ORDER BY min(nth_row)) AS nth
FROM shared
GROUP BY episode_id, state, began_earliest, child_id, span_number
