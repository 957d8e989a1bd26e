-- The identity of each span: that of the oldest episode of the last run that it continues, else its own (spec 2.2).
-- in:    episode_successors, spans, known_rows, run
-- out:   identities
-- grain: one row per span that becomes an episode
-- Its own is the hash of its first row. Where an episode of the last run has that name and lives on elsewhere, the
-- night's instant goes into the hash, so that no finding or waiver jumps from one case to the other.
WITH ancestors AS (
    SELECT child_id, span_number, episode_id,
           row_number() OVER (PARTITION BY child_id, span_number
                              ORDER BY CASE WHEN was_episode(state) THEN 0 ELSE 1 END, began_earliest,
                                       episode_id) AS nth
    FROM episode_successors
    WHERE nth = 1
),
own AS (
    SELECT s.child_id, s.span_number, run.agency || '|' || s.child_id || '|' || s.first_row AS named, run.as_of
    FROM spans AS s
    CROSS JOIN run
    WHERE NOT s.is_known_throughout
)
SELECT o.child_id, o.span_number, a.episode_id IS NOT NULL AS is_known,
       CASE WHEN a.episode_id IS NOT NULL THEN a.episode_id
            WHEN digest20(o.named) IN (SELECT episode_id FROM known_rows)
            THEN digest20(o.named || '|' || CAST(o.as_of AS VARCHAR))
            ELSE digest20(o.named) END AS episode_id
FROM own AS o
LEFT JOIN ancestors AS a ON a.child_id = o.child_id AND a.span_number = o.span_number AND a.nth = 1
