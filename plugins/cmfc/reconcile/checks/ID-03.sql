-- code: ID-03
-- title: Possible match needs a person
-- recipient: as given
-- rule:
-- queue: correct_record
-- why: {detail}.
-- next: Compare the report with the candidates and answer on the review page or with cmfc decide, or enter the id in the log. Until then the report counts for nobody.
WITH candidates AS (
    SELECT r.record, r.carried_id AS child_id, 0 AS place, FALSE AS is_asked_again
    FROM reports AS r
    WHERE r.method = 'candidate' AND r.is_contradicted AND r.carried_id IS NOT NULL
    UNION ALL
    SELECT r.record, m.child_id, coalesce(m.place, 1), m.is_asked_again
    FROM reports AS r
    JOIN matches AS m ON m.feed = r.feed AND m.report_id = r.record_id AND m.child_id IS NOT NULL
    WHERE r.method = 'candidate' AND (r.carried_id IS NULL OR m.child_id <> r.carried_id)
),
numbered AS (
    SELECT *, row_number() OVER (PARTITION BY record ORDER BY place, child_id) AS nth FROM candidates
)
SELECT r.record AS subject_id, r.recipient, CASE WHEN r.is_contradicted THEN 'high' ELSE 'medium' END AS severity,
       max(CASE WHEN m.nth = 1 THEN m.child_id END) AS child_id,
       CASE WHEN r.is_contradicted
            THEN 'The report carries the id of a child on file, and first name, last name and birth date are all another''s.'
            ELSE 'The report carries no id of a child on file, and it may be about one, but not surely enough to be linked by itself.'
       END
       || ' Candidates:'
       || string_agg(' ' || m.child_id || CASE WHEN m.is_asked_again THEN ' (asked again)' ELSE '' END, ',' ORDER BY m.nth)
           AS detail,  -- without the score, which is for after the answer
       with_evidence(joined('children:' || m.child_id), r.record) AS evidence,
       r.reported_earliest AS observed_earliest, r.reported_latest AS observed_latest
FROM reports AS r
JOIN numbered AS m ON m.record = r.record
WHERE NOT r.is_before_history
GROUP BY r.record, r.recipient, r.is_contradicted, r.reported_earliest, r.reported_latest
