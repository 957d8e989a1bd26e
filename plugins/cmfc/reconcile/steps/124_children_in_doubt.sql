-- Children who may be missing, or of whom nobody can say where they are: nothing of theirs may be cleared (spec 2.2).
-- in:    episodes, disappeared_episodes, unreadable_records, unknowns, error_marks, unverified_claims, unplaced_children
-- out:   children_in_doubt
-- grain: one row per child
SELECT child_id FROM episodes WHERE is_open
UNION
SELECT child_id FROM disappeared_episodes
UNION
SELECT child_id FROM unreadable_records
UNION
SELECT each_of(children) FROM unknowns WHERE severity = 'critical' AND children IS NOT NULL
UNION
SELECT child_id FROM error_marks WHERE NOT has_ended
UNION
SELECT child_id FROM unverified_claims WHERE is_open
UNION
SELECT child_id FROM unplaced_children
