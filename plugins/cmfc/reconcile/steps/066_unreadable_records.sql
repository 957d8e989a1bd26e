-- Records that were set aside and may say that a child is missing now (spec 1, A bad row).
-- in:    quarantine
-- out:   unreadable_records
-- grain: one row per child and record, its key null where that cannot be read either: a critical row that was set aside,
--        or an open one whose kind the mapping does not list
SELECT DISTINCT child_id, feed, key, record
FROM quarantine
WHERE child_id IS NOT NULL
  AND (severity = 'critical'
       OR (effect = 'row' AND is_open AND rule = 'code_not_listed' AND field IN ('kind', 'setting')))
