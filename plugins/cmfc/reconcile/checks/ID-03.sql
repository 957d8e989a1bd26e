-- code: ID-03
-- title: Possible match needs a person
-- recipient: as given
-- rule:
-- queue: correct_record
-- why: The report carries no id of a child on file, and it may be about one, but not surely enough to be linked by itself. Candidates:{detail}.
-- next: Compare the report with the candidates and answer on the review page or with cmfc decide, or enter the id in the log. Until then the report counts for nobody.
SELECT r.record AS subject_id, r.recipient, 'medium' AS severity,
       max(CASE WHEN m.place = 1 THEN m.child_id END) AS child_id,
       string_agg(' ' || m.child_id || CASE WHEN m.is_asked_again THEN ' (asked again)' ELSE '' END, ',' ORDER BY m.place)
           AS detail,  -- without the score, which is for after the answer
       with_evidence(joined('children:' || m.child_id), r.record) AS evidence,
       r.reported_earliest AS observed_earliest, r.reported_latest AS observed_latest
FROM reports AS r
JOIN matches AS m ON m.feed = r.feed AND m.report_id = r.record_id
WHERE r.method = 'candidate' AND NOT r.is_before_history
GROUP BY r.record, r.recipient, r.reported_earliest, r.reported_latest
