-- What each agency's extract says beside what the state counts with it.
-- in:    agency_facts, agency_lines, lines, joined_members, state_children
-- out:   agencies
-- grain: one row per agency
SELECT f.agency, f.manifest_sha256, f.incomplete,
       (SELECT count(*) FROM agency_lines AS l WHERE l.agency = f.agency) AS own_episodes,
       (SELECT count(*) FROM agency_lines AS l JOIN joined_members AS j ON j.agency = l.agency AND j.episode = l.episode
        WHERE l.agency = f.agency AND l.episode NOT IN (SELECT episode FROM lines)) AS joined_away,
       (SELECT count(*) FROM lines AS l WHERE l.agency = f.agency) AS counted_episodes,
       (SELECT count(DISTINCT l.child) FROM agency_lines AS l WHERE l.agency = f.agency) AS own_children,
       (SELECT count(DISTINCT l.child) FROM agency_lines AS l JOIN state_children AS s ON s.agency = l.agency AND s.child = l.child
        WHERE l.agency = f.agency) AS shared_children
FROM agency_facts AS f
