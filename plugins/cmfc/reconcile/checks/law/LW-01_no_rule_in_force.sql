-- title: No rule in force
-- rule: as given
-- why: This duty is on file, but no value of it was in force when its clock started; nothing was judged under it.
-- next: Ask for the law of that time to be encoded, or take the verdict of the other level.
WITH duties_without_rule AS (
    SELECT *, row_number() OVER (PARTITION BY episode_no, duty ORDER BY level DESC, rule_id) AS nth
    FROM facts
    WHERE verdict = 'no_rule' AND obligation IN ('required', 'third_party', 'review') AND level <> 'advice'
      AND (is_report_duty OR duty = 'ncic_entry')
),
per_recipient AS (  -- one finding per recipient: the report before the entry into NCIC
    SELECT *, row_number() OVER (PARTITION BY episode_no, recipient ORDER BY CASE WHEN is_report_duty THEN 0 ELSE 1 END) AS nth_duty
    FROM duties_without_rule
    WHERE nth = 1
)
SELECT *, 'medium' AS severity
FROM per_recipient
WHERE nth_duty = 1
