-- code: DQ-01
-- title: Row or field set aside
-- recipient:
-- rule:
-- queue: correct_record
-- why: {detail}.
-- next: Correct the record in the source system; quarantine.csv says where it stands.
WITH lines AS (
    SELECT q.*, CASE severity WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END AS urgency,
           CASE WHEN rule = 'key_twice' THEN 'this record stands more than once, with different content'
                WHEN rule = 'key_shared' THEN 'this key is used for several children or kinds of record'
                WHEN effect = 'row' THEN 'set aside, ' || replace(rule, '_', ' ') || coalesce(' (' || field || ')', '')
                ELSE 'field set aside, ' || replace(rule, '_', ' ') || coalesce(' (' || field || ')', '') END AS reason
    FROM quarantine AS q
)
SELECT subject AS subject_id, CASE WHEN count(DISTINCT child_id) = 1 THEN min(child_id) END AS child_id,
       CASE max(urgency) WHEN 4 THEN 'critical' WHEN 3 THEN 'high' WHEN 2 THEN 'medium' ELSE 'low' END AS severity,
       CASE WHEN max(urgency) = 4 THEN 'act_now' END AS queue,
       joined(record) AS evidence,
       'Not all of this record could be used: ' || sentence_of(joined(reason))
       || CASE WHEN max(urgency) = 4 THEN '. It may be about a child who is missing now' ELSE '' END
       || CASE WHEN count(DISTINCT child_id) > 1 THEN '. Children: ' || sentence_of(joined(child_id)) ELSE '' END AS detail,
       min(county) AS county, min(office) AS office, min(caseworker_id) AS caseworker_id
FROM lines
GROUP BY subject
