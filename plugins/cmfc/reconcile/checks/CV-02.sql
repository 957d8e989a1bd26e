-- code: CV-02
-- title: Third-party report without the parent's contact details
-- recipient: ncmec
-- rule:
-- queue: act_now while open
-- why: The child is not in the agency's custody; NCMEC needs the parent's or guardian's full contact details.
-- next: Give NCMEC the contact details, or have the parent make the report.
SELECT e.child_id, e.episode_no, 'medium' AS severity,
       with_evidence(e.evidence, n.record) AS evidence
FROM episode_facts AS e
JOIN ncmec_reports AS n ON n.record = e.ncmec_counting_record
WHERE e.ncmec_duty = 'third_party' AND n.has_guardian_contact IS NOT TRUE
