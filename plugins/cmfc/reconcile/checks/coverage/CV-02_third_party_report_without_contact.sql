-- title: Third-party report without the parent's contact details
-- recipient: ncmec
-- queue: act_now while open
-- why: The child is not in the agency's custody; NCMEC needs the parent's or guardian's full contact details.
-- next: Give NCMEC the contact details, or have the parent make the report.
SELECT r.child_id, r.episode_no, 'medium' AS severity, with_evidence(e.evidence, n.record) AS evidence
FROM episode_recipients AS r
JOIN episodes AS e ON e.episode_no = r.episode_no
JOIN ncmec_reports AS n ON n.record = r.counting_record
WHERE r.recipient = 'ncmec' AND r.obligation = 'third_party' AND n.has_guardian_contact IS NOT TRUE
