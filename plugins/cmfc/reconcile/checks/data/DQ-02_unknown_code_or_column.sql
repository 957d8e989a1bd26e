-- title: Unknown code or column
-- severity: critical, medium
-- why: The source has a code or a column that the mapping does not know.{detail}
-- next: Add it to the agency's mapping, or list the column as ignored.
SELECT subject AS subject_id, severity, CASE WHEN severity = 'critical' THEN 'act_now' END AS queue,
       coalesce(records, subject) AS evidence,
       CASE WHEN records IS NOT NULL
            THEN ' It may mean that a child is missing. Records: ' || sentence_of(records)
                 || coalesce('. Children: ' || sentence_of(children), '') || '.'
            ELSE '' END AS detail
FROM unknowns
