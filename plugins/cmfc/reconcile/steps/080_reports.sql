-- Every report that has happened, to either recipient.
-- in:    linked
-- out:   reports
-- grain: one row per report row
SELECT * EXCLUDE (is_untimed)
FROM linked
WHERE NOT is_untimed
