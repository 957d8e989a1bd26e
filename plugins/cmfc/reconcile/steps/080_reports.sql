-- Every report that has happened, to either recipient.
-- in:    linked_reports
-- out:   reports
-- grain: one row per report row
SELECT * EXCLUDE (is_untimed)
FROM linked_reports
WHERE NOT is_untimed
