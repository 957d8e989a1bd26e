-- code: ID-01
-- title: Report matches no child
-- recipient: as given
-- rule:
-- queue: correct_record
-- why: The report carries no id of a child on file.
-- next: Find the child and enter the id in the log.
SELECT feed || ':' || report_id AS subject_id, recipient, 'high' AS severity, feed || ':' || report_id AS evidence,
       reported_earliest AS observed_earliest, reported_latest AS observed_latest
FROM reports
WHERE linked_child_id IS NULL AND NOT is_before_history
