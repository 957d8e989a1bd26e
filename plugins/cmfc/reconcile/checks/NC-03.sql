-- code: NC-03
-- title: Whether NCMEC was told in time cannot be determined
-- recipient: ncmec
-- rule: as given
-- queue: explain
-- why: There is a report to NCMEC, but the recorded times leave open whether it was made within {limit} hours.
-- next: Find the exact times at which the agency was informed and the report was made, and enter them.
SELECT *, 'medium' AS severity
FROM breaches
WHERE duty = 'report_to_ncmec' AND kind = 'in_doubt'
