-- title: NCMEC not told that the child was located
-- recipient: ncmec
-- rule: as given
-- why never [end, report]: The child has been back since {ended}, and nobody has told NCMEC that the child was located.
-- why late [end, report]: The child has been back since {ended}; NCMEC was told {done}, later than 24 hours after it.
-- next: Tell NCMEC at 1-800-THE-LOST (1-800-843-5678) that the child was located, and enter when.
-- next late: Write down why it was late.
SELECT *, 'high' AS severity FROM notice_breaches WHERE recipient = 'ncmec'
