-- title: Law enforcement not told that the child was located
-- recipient: law_enforcement
-- rule: as given
-- why never [end, report]: The child has been back since {ended}, and nobody has told law enforcement that the child was located.
-- why late [end, report]: The child has been back since {ended}; law enforcement was told {done}, later than 24 hours after it.
-- next: Tell law enforcement that the child was located, and enter when.
-- next late: Write down why it was late.
SELECT *, 'medium' AS severity FROM notice_breaches WHERE recipient = 'law_enforcement'
