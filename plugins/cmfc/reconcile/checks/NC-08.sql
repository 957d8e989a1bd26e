-- code: NC-08
-- title: Reported to NCMEC though not eligible
-- recipient: ncmec
-- rule:
-- queue: history
-- why [report]: The young adult is in care by consent; by the NCMEC FAQ such a person does not qualify for NCMEC's resources, and was reported there.
-- next: Nothing is wrong in law; check that the legal basis on file is right.
SELECT child_id, episode_no, 'info' AS severity,
       ncmec_counting_earliest AS observed_earliest, ncmec_counting_latest AS observed_latest,
       with_evidence(evidence, ncmec_evidence) AS evidence
FROM episode_facts
WHERE ncmec_custody = 'voluntary_extended_care' AND ncmec_duty = 'not_required' AND is_ncmec_from_agency
