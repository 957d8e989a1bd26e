-- Every row of either log, linked to a child by the id it carries, by likeness or by a person (spec 4.1).
-- in:    report_log, known_children, children, matches, run
-- out:   linked_reports
-- grain: one row per report row; linked_child_id is null while nobody knows which child is meant.
--        `is_untimed`: it was set aside because nobody can read when it was made, and counts for nothing (spec 4.2).
-- An id that any agency feed holds links, whoever lacks it in the children's file. Where birth date and both names are
-- given and all three are another child's, the id proves nothing: a person is asked.
WITH identified AS (
    SELECT r.*, k.child_id AS carried_id,
           is_contradicted(r.date_of_birth, r.first_name, r.last_name, c.date_of_birth, c.first_name, c.last_name)
               AS is_contradicted
    FROM report_log AS r
    LEFT JOIN known_children AS k ON k.child_id = r.child_id
    LEFT JOIN children AS c ON c.child_id = r.child_id
)
SELECT r.feed, r.recipient, r.report_id, r.record, r.record_id, r.may_count, r.carried_id, r.is_contradicted, r.is_untimed,
       CASE WHEN r.carried_id IS NOT NULL AND NOT r.is_contradicted THEN r.carried_id
            WHEN m.method = 'decided' OR (m.method = 'probable' AND NOT r.is_contradicted) THEN m.child_id END
           AS linked_child_id,
       CASE WHEN r.carried_id IS NOT NULL AND NOT r.is_contradicted THEN 'id'
            -- `none`: a person has ruled out the child whose id it carries, and nobody else is like it
            WHEN r.is_contradicted AND coalesce(m.method, '') NOT IN ('decided', 'none') THEN 'candidate'
            ELSE coalesce(m.method, 'none') END AS method,
       m.score, r.reported_earliest, r.reported_latest, r.missing_since_earliest, r.missing_since_latest,
       r.outcome, r.made_by, r.counts_for, r.told_earliest, r.told_latest, r.closed_latest, r.number, r.issuer,
       run.history_begins IS NOT NULL AND coalesce(r.reported_latest < run.history_begins, FALSE) AS is_before_history
FROM identified AS r
CROSS JOIN run
LEFT JOIN matches AS m ON m.feed = r.feed AND m.report_id = r.record_id AND coalesce(m.place, 1) = 1
