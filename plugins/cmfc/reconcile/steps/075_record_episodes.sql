-- Which episode an evidence row belongs to; a row that verified sightings cover wholly belongs to none.
-- in:    members, episodes
-- out:   record_episodes
-- grain: one row per evidence row of an episode
SELECT m.record, e.episode_no
FROM members AS m
JOIN episodes AS e ON e.child_id = m.child_id AND e.span_number = m.span_number
