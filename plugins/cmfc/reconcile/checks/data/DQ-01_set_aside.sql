-- title: Row or field set aside
-- why: {detail}.
-- next: Correct the record in the source system; quarantine.csv says where it stands.
WITH lines AS (
    SELECT q.*, CASE severity WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END AS urgency,
           CASE rule WHEN 'required_missing' THEN field || ' is missing'
                     WHEN 'time_unparseable' THEN field || ' cannot be read'
                     WHEN 'date_unparseable' THEN field || ' cannot be read'
                     WHEN 'bool_unparseable' THEN field || ' is neither true nor false'
                     WHEN 'cell_unreadable' THEN field || ' cannot be read'
                     WHEN 'code_not_listed' THEN field || ' holds a code that is not in the mapping'
                     WHEN 'not_an_id' THEN field || ' is no id'
                     WHEN 'after_the_pull' THEN field || ' lies after the pull'
                     WHEN 'end_before_begin' THEN field || ' lies before the begin'
                     WHEN 'too_early'
                     THEN field || CASE field WHEN 'entered_at' THEN ' lies more than a day before the begin'
                                              WHEN 'ncic_entered_at' THEN ' lies more than a day before the report'
                                              WHEN 'interviewed_at' THEN ' lies before the return'
                                              WHEN 'screened_for_trafficking_at' THEN ' lies before the return'
                                              ELSE ' lies before the report' END
                     WHEN 'before_the_birth' THEN field || ' lies before the birth'
                     WHEN 'time_before_1990' THEN field || ' lies before 1990'
                     WHEN 'birth_date_implausible' THEN field || ' cannot be right'
                     WHEN 'control_characters' THEN field || ' held control characters, which were taken off'
                     WHEN 'key_twice' THEN 'the record stands more than once, with different content'
                     WHEN 'key_shared' THEN 'the key is used for several children or kinds of record'
                     WHEN 'two_people' THEN 'one id stands for children of different names and birth dates'
                     ELSE coalesce(field || ': ', '') || replace(rule, '_', ' ') END AS reason
    FROM quarantine AS q
)
SELECT subject AS subject_id, CASE WHEN count(DISTINCT child_id) = 1 THEN min(child_id) END AS child_id,
       CASE max(urgency) WHEN 4 THEN 'critical' WHEN 3 THEN 'high' WHEN 2 THEN 'medium' ELSE 'low' END AS severity,
       CASE WHEN max(urgency) = 4 THEN 'act_now' END AS queue,
       joined(record) AS evidence,
       CASE WHEN max(effect) = 'row' THEN 'The record could not be used: ' ELSE 'Not all of the record was used: ' END
       || sentence_of(joined(reason))
       || CASE WHEN max(urgency) = 4 THEN '. It may be about a child who is missing now' ELSE '' END
       || CASE WHEN count(DISTINCT child_id) > 1 THEN '. Children: ' || sentence_of(joined(child_id)) ELSE '' END AS detail,
       min(county) AS county, min(office) AS office, min(caseworker_id) AS caseworker_id
FROM lines
GROUP BY subject
