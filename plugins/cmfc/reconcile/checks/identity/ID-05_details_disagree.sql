-- title: Details of the report and of the child disagree
-- why: A report carries the child's id, and its name, birth date, sex or missing-since time disagrees with the file.
-- next: Check that the report is about this child.
SELECT CASE WHEN a.episode_no IS NULL THEN r.record END AS subject_id, r.recipient, r.linked_child_id AS child_id,
       a.episode_no, 'low' AS severity, joined(r.record) AS evidence
FROM reports AS r
JOIN report_log AS k ON k.record = r.record
LEFT JOIN children AS c ON c.child_id = r.linked_child_id
LEFT JOIN assigned_reports AS a ON a.record = r.record
WHERE r.method = 'id' AND r.may_count AND NOT r.is_before_history
  AND (k.date_of_birth <> c.date_of_birth OR k.sex <> c.sex
       OR (plain_name(k.first_name) <> plain_name(c.first_name) AND plain_name(k.last_name) <> plain_name(c.last_name))
       OR a.began_distance > hours(24))
GROUP BY CASE WHEN a.episode_no IS NULL THEN r.record END, r.recipient, r.linked_child_id, a.episode_no
