-- Children of whom a record was set aside that may say that they are missing now (spec 1, A bad row).
-- in:    quarantine
-- out:   unreadable_children
-- grain: one row per child: a critical row that was set aside, or an open one whose kind the mapping does not list
SELECT DISTINCT child_id
FROM quarantine
WHERE child_id IS NOT NULL
  AND (severity = 'critical'
       OR (effect = 'row' AND is_open AND rule = 'code_not_listed' AND field IN ('kind', 'setting')))
