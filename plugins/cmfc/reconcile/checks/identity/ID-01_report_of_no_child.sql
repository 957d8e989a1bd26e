-- title: Report matches no child
-- why: The report carries no id of a child on file, or one that a person has ruled out, and no child on file is like enough to the one it describes.
-- next: Find the child and enter the id in the log; if the child is not in your care, say so there.
SELECT record AS subject_id, recipient, 'high' AS severity, record AS evidence,
       reported_earliest AS observed_earliest, reported_latest AS observed_latest
FROM reports
WHERE method = 'none' AND NOT is_before_history
