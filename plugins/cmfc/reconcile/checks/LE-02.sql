-- code: LE-02
-- title: Reported to law enforcement late
-- recipient: law_enforcement
-- rule: as given
-- queue: explain
-- why [report]: Law enforcement was told {done}, {over} after the limit ({rule}).
-- next: Check when the agency was informed and when the report was made; if both are right, write down why it was late.
SELECT *, CASE WHEN is_open THEN 'high' ELSE 'medium' END AS severity
FROM breaches
WHERE recipient = 'law_enforcement' AND kind = 'late'
