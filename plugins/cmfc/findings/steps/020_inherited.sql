-- What a finding takes over from those of episodes that go on in its episode, when it was not known itself (spec 2.2).
-- in:    tonight, lineage, base, actions
-- out:   inherited
-- grain: one row per finding that inherits; the oldest gives. A waiver is not inherited: the facts under it changed.
WITH candidates AS (
    SELECT t.exception_id, b.exception_id AS giver, b.first_seen, a.assignee,
           row_number() OVER (PARTITION BY t.exception_id ORDER BY b.first_seen, b.exception_id) AS nth
    FROM tonight AS t
    JOIN lineage AS l ON l.episode_id = t.episode_id AND l.change = 'supersedes'
    JOIN base AS b ON b.subject_id = l.other_id AND b.code = t.code
                  AND b.recipient = t.recipient AND b.is_live
    LEFT JOIN actions AS a ON a.exception_id = b.exception_id
    WHERE t.subject_id = t.episode_id
      AND t.exception_id NOT IN (SELECT exception_id FROM base)
)
SELECT exception_id, giver, first_seen, assignee FROM candidates WHERE nth = 1
