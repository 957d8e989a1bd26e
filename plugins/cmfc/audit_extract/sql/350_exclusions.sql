-- Every row and episode of the agencies that was left out, and every episode that counts with another agency's.
-- in:    agency_exclusions, agency_lines, joined_members, lines, state_children
-- out:   exclusions
-- grain: one row per row or episode left out
SELECT counted, item, subject, child FROM agency_exclusions WHERE item <> 'shorter_than_two_calendar_days'
UNION ALL
SELECT 'episodes', 'shorter_than_two_calendar_days', episode, child FROM lines WHERE NOT in_audit_population
UNION ALL
SELECT 'episodes', 'joined_with_another_agency', l.episode, l.child
FROM agency_lines AS l
JOIN joined_members AS j ON j.agency = l.agency AND j.episode = l.episode
WHERE l.episode NOT IN (SELECT episode FROM lines)
