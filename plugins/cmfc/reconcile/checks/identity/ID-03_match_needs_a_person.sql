-- title: Possible match needs a person
-- why: {detail}.
-- next: Compare the report with the candidates and answer on the review page or with cmfc decide, or enter the id in the log. Until then the report counts for nobody.
WITH candidates AS (  -- the child whose id the report carries comes first; without matching it is the only one
    SELECT r.record, coalesce(m.child_id, r.carried_id) AS child_id, coalesce(m.is_asked_again, FALSE) AS is_asked_again,
           CASE WHEN coalesce(m.child_id, r.carried_id) = r.carried_id THEN 0 ELSE coalesce(m.place, 1) END AS place
    FROM reports AS r
    LEFT JOIN matches AS m ON m.feed = r.feed AND m.report_id = r.record_id
    WHERE r.method = 'candidate' AND coalesce(m.child_id, r.carried_id) IS NOT NULL
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
       || listed(' ' || m.child_id || CASE WHEN m.is_asked_again THEN ' (asked again)' ELSE '' END, ',', m.nth, m.child_id)
           AS detail,  -- without the score, which is for after the answer
       with_evidence(joined('children:' || m.child_id), r.record) AS evidence,
       r.reported_earliest AS observed_earliest, r.reported_latest AS observed_latest
FROM reports AS r
JOIN numbered AS m ON m.record = r.record
WHERE NOT r.is_before_history
GROUP BY r.record, r.recipient, r.is_contradicted, r.reported_earliest, r.reported_latest
