-- Every row and every episode that was left out, under its pseudonym.
-- in:    placed_rows, dated, pseudonyms
-- out:   exclusions
-- grain: one row per row or episode left out; an episode may be out of the auditor's population only
SELECT 'rows' AS counted, r.item, p.pseudonym AS subject, c.pseudonym AS child
FROM placed_rows AS r
JOIN pseudonyms AS p ON p.kind = r.feed AND p.id = r.id
JOIN pseudonyms AS c ON c.kind = 'child' AND c.id = r.child_id
WHERE r.item <> 'opens_episode'
UNION ALL
SELECT 'episodes', d.item, p.pseudonym, c.pseudonym
FROM dated AS d
JOIN pseudonyms AS p ON p.kind = 'episode' AND p.id = d.episode_id
JOIN pseudonyms AS c ON c.kind = 'child' AND c.id = d.child_id
WHERE d.item <> 'audit'
