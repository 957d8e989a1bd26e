-- title: Reported to law enforcement late
-- severity: high, medium
-- rule: as given
-- queue: explain
-- why [report]: Law enforcement was told {done}, {over} after the limit ({rule}).
-- next: Check when the agency was informed and when the report was made; if both are right, write down why it was late.
SELECT * FROM breaches WHERE recipient = 'law_enforcement' AND kind = 'late'
