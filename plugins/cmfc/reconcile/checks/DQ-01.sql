-- code: DQ-01
-- title: Row or field set aside
-- recipient:
-- rule:
-- queue: correct_record
-- why: The door could not use all of this record: {detail}.
-- next: Correct the record in the source system; quarantine.csv says where it stands.
SELECT subject AS subject_id,
       CASE max(CASE severity WHEN 'critical' THEN 3 WHEN 'high' THEN 2 ELSE 1 END)
            WHEN 3 THEN 'critical' WHEN 2 THEN 'high' ELSE 'low' END AS severity,
       subject AS evidence, joined(CASE WHEN effect = 'row' THEN 'row set aside: ' ELSE 'field set aside: ' END
                                   || coalesce(field, '') || ' ' || rule) AS detail
FROM quarantine
GROUP BY subject
