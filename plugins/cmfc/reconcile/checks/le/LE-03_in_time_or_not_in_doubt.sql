-- title: Whether law enforcement was told in time cannot be determined
-- severity: medium
-- rule: as given
-- queue: explain
-- why [report]: A report to law enforcement is on file; whether the limit ({rule}) was kept cannot be said.{detail}
-- next: Find out when the agency was informed, when the report was made and for which absence, and enter it.
SELECT * FROM breaches WHERE recipient = 'law_enforcement' AND kind = 'in_doubt'
