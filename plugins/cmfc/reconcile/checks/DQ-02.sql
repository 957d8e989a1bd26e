-- code: DQ-02
-- title: Unknown code or column
-- recipient:
-- rule:
-- queue: correct_record
-- why: The source has a code or a column that the mapping does not know.
-- next: Add it to the agency's mapping, or list the column as ignored.
SELECT subject AS subject_id, 'medium' AS severity, subject AS evidence
FROM unknowns
