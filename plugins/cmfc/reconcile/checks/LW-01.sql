-- code: LW-01
-- title: No rule in force
-- recipient: as given
-- rule: as given
-- queue: correct_record
-- why: This duty is on file, but no value of it was in force when its clock started; nothing was judged under it.
-- next: Ask for the law of that time to be encoded, or take the verdict of the other level.
SELECT f.*, 'medium' AS severity
FROM facts AS f
WHERE f.verdict = 'no_rule' AND f.rule_id IS NOT NULL
