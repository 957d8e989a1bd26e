-- Episodes that were open when last seen and of which no evidence row is left (spec 5, RC-09).
-- in:    known_rows, evidence, children, explained (episodes that a person explained since they disappeared)
-- out:   disappeared_episodes
-- grain: one row per episode; it stays until evidence is back or a person explains it, so that the child does not leave
--        the list after one night. A word is about an episode that has disappeared (gone): of one that was open last night
--        it is from before its records came back, and it needs another
SELECT k.episode_id, k.child_id, joined(record_name(k.kind || 's', k.id)) AS evidence
FROM known_rows AS k
WHERE (k.state = 'open' OR (k.state = 'gone' AND k.episode_id NOT IN (SELECT episode_id FROM explained)))
  AND k.episode_id NOT IN (
      SELECT known.episode_id
      FROM known_rows AS known
      JOIN evidence AS e ON e.kind = known.kind AND e.key = known.key
      LEFT JOIN children AS c ON c.child_id = known.child_id
      WHERE e.child_id = known.child_id OR c.child_id IS NULL)
GROUP BY k.episode_id, k.child_id
