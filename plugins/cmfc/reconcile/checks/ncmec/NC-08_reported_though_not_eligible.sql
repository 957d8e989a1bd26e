-- title: Reported to NCMEC though not eligible
-- queue: history
-- why [report]: The young adult is in care by consent; by the NCMEC FAQ such a person does not qualify for NCMEC's resources, and was reported there.
-- next: Nothing is wrong in law; check that the legal basis on file is right.
SELECT child_id, episode_no, 'info' AS severity,
       counting_earliest AS observed_earliest, counting_latest AS observed_latest, evidence
FROM episode_recipients
WHERE recipient = 'ncmec' AND custody = 'voluntary_extended_care' AND NOT is_owed AND is_from_agency
