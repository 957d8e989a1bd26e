-- Episodes that were open, or of which nothing says how they ended in the last 90 days, when last seen, and of which no
-- evidence row is left (spec 5, RC-09), and records that could not be read and may have said that a child is missing, and
-- are there no more.
-- in:    known_rows, shared_keys, evidence, known_children, explained (what a person explained since it disappeared), absences,
--        placements, quarantine, unreadable_records, run
-- out:   disappeared_episodes
-- grain: one row per episode, or record that could not be read and was none of such an episode. `is_set_aside`: a record of
--        it is there, and cannot be read. It stays until evidence is back or a person explains it, so that the child does
--        not leave the list after one night. A word is about an episode that has disappeared (gone): of one that was open
--        last night it is from before its records came back, and it needs another
WITH awaited AS (
    SELECT k.*, k.kind IN ('absences', 'placements') AS was_unreadable, k.ended_latest IS NOT NULL AS was_over,
           CASE WHEN k.kind IN ('absences', 'placements') THEN k.kind ELSE k.kind || 's' END AS feed
    FROM known_rows AS k
    CROSS JOIN run
    LEFT JOIN (SELECT DISTINCT episode_id FROM explained) AS x ON x.episode_id = k.episode_id
    WHERE k.kind <> 'child'
      AND (k.state IN ('open', 'unreadable') OR (k.state = 'unproven' AND k.ended_latest >= run.as_of - days(90))
           OR (k.state = 'gone' AND x.episode_id IS NULL))
),
there AS (  -- a record that could not be read has not gone where it tells now of no missing child
    SELECT kind, key, child_id FROM evidence
    UNION ALL
    SELECT 'absences', absence_id, child_id FROM absences
    UNION ALL
    SELECT 'placements', placement_id, child_id FROM placements
    UNION ALL
    SELECT feed, key, child_id FROM quarantine
),
told_anew AS (  -- children with evidence that was not there: what could not be read was typed in again
    SELECT e.child_id
    FROM evidence AS e
    LEFT JOIN known_rows AS k ON k.kind = e.kind AND k.key = e.key
    WHERE k.key IS NULL
),
set_aside AS (
    SELECT DISTINCT feed, key FROM quarantine WHERE effect = 'row'
),
left_over AS (  -- episodes with evidence of their child
    SELECT DISTINCT known.episode_id
    FROM known_rows AS known
    JOIN there AS t ON t.kind = known.kind AND t.key = known.key
    LEFT JOIN known_children AS c ON c.child_id = known.child_id
    LEFT JOIN shared_keys AS u ON u.kind = known.kind AND u.key = known.key
    WHERE t.child_id = known.child_id OR (c.child_id IS NULL AND u.key IS NULL)
),
accounted AS (  -- records that could not be read and still cannot, are of an episode, or were typed in again
    SELECT record FROM unreadable_records
    UNION
    SELECT a.episode_id FROM awaited AS a JOIN awaited AS e ON e.feed = a.feed AND e.key = a.key AND NOT e.was_unreadable
    UNION
    SELECT a.episode_id FROM awaited AS a JOIN told_anew AS t ON t.child_id = a.child_id
)
SELECT a.episode_id, a.child_id, a.was_unreadable, a.was_over, count(s.key) > 0 AS is_set_aside,
       joined(CASE WHEN a.was_unreadable THEN a.episode_id ELSE record_name(a.feed, a.id) END) AS evidence
FROM awaited AS a
LEFT JOIN set_aside AS s ON s.feed = a.feed AND s.key = a.key
LEFT JOIN left_over AS l ON l.episode_id = a.episode_id
LEFT JOIN accounted AS r ON a.was_unreadable AND r.record = a.episode_id
WHERE l.episode_id IS NULL AND r.record IS NULL
GROUP BY a.episode_id, a.child_id, a.was_unreadable, a.was_over
