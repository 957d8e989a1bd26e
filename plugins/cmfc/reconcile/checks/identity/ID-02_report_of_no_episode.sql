-- title: Report of a child but of no episode
-- why: The child was reported missing, and no episode is on file to which the report could belong.
-- next: Enter the absence, or correct the time or the child of the report.
SELECT r.record AS subject_id, r.recipient, r.linked_child_id AS child_id, 'high' AS severity,
       r.record AS evidence,
       r.reported_earliest AS observed_earliest, r.reported_latest AS observed_latest
FROM reports AS r
LEFT JOIN assigned_reports AS a ON a.record = r.record
WHERE r.linked_child_id IS NOT NULL AND a.record IS NULL AND r.may_count AND NOT r.is_before_history
