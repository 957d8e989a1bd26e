-- title: Report to NCMEC no longer live while the child was missing
-- severity: critical, high, medium
-- rule: as given
-- why open [report]: By every report on file, NCMEC was told that the child was located, or closed the case, and the child is missing still: nobody there is looking.
-- why closed [report]: By every report on file, NCMEC was told that the child was located, or closed the case, before the child's record ended.
-- next: Tell NCMEC at 1-800-THE-LOST (1-800-843-5678) that the child is missing still, or correct the end of the absence.
-- next closed: Correct the times, or write down why NCMEC was told early.
SELECT * FROM closed_reports WHERE recipient = 'ncmec'
