-- title: Report to law enforcement no longer live while the child was missing
-- severity: critical, high, medium
-- rule: as given
-- why open [report]: By every report on file, law enforcement was told that the child was located, and the child is missing still: nobody there is looking.
-- why closed [report]: By every report on file, law enforcement was told that the child was located before the child's record ended.
-- next: Tell law enforcement that the child is missing still, or correct the end of the absence.
-- next closed: Correct the times, or write down why law enforcement was told early.
SELECT * FROM closed_reports WHERE recipient = 'law_enforcement'
