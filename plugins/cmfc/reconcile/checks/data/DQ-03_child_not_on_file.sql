-- title: Child not on file
-- why: The record names a child that is not in the children feed.
-- next: Correct the child's id, or find out why the child is not on file.
WITH dependants AS (
    SELECT record AS row_key, child_id FROM custody
    UNION ALL SELECT record, child_id FROM placements
    UNION ALL SELECT record, child_id FROM absences
    UNION ALL SELECT record, child_id FROM sightings
    UNION ALL SELECT record, child_id FROM contacts
    UNION ALL SELECT record, child_id FROM returns
    UNION ALL SELECT record, child_id FROM descriptions
)
SELECT d.row_key AS subject_id, d.child_id, 'high' AS severity, d.row_key AS evidence
FROM dependants AS d
LEFT JOIN children AS c ON c.child_id = d.child_id
WHERE c.child_id IS NULL
