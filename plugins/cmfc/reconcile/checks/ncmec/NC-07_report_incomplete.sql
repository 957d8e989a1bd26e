-- title: NCMEC report incomplete
-- queue: correct_record
-- why [report]: The report to NCMEC is recorded as without: {detail}. The law asks for these where reasonably possible; this is a score, not a breach.
-- next: Give NCMEC what can be found.
SELECT r.child_id, r.episode_no, 'low' AS severity,
       r.counting_earliest AS observed_earliest, r.counting_latest AS observed_latest,
       with_evidence(e.evidence, n.record) AS evidence,
       concat_ws(', ', CASE WHEN NOT n.has_photo THEN 'photo' END,
                 CASE WHEN NOT n.has_description THEN 'description' END,
                 CASE WHEN NOT n.has_circumstances THEN 'circumstances' END,
                 CASE WHEN NOT n.has_endangerments THEN 'endangerments' END,
                 CASE WHEN NOT n.has_guardian_contact THEN 'guardian contact' END) AS detail
FROM episode_recipients AS r
JOIN episodes AS e ON e.episode_no = r.episode_no
JOIN ncmec_reports AS n ON n.record = r.counting_record
WHERE NOT n.has_photo OR NOT n.has_description OR NOT n.has_circumstances OR NOT n.has_endangerments
   OR NOT n.has_guardian_contact
