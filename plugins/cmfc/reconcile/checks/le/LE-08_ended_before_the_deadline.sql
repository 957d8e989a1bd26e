-- title: Returned or left care before the deadline, not reported to law enforcement
-- severity: low
-- rule: as given
-- queue: history
-- why back [end]: The child was away for {away}, less than the limit ({rule}), and is back; law enforcement was not told. Neither a breach nor compliance.
-- why closed: The record of the child being missing lasted {away}, less than the limit ({rule}), until {ended}; law enforcement was not told. Neither a breach nor compliance.
-- why left_care: The child left care after {away}, before the limit ({rule}) ran out; law enforcement was not told. Neither a breach nor compliance.
-- next: Nothing is overdue; if a report was made, enter it.
SELECT * FROM breaches WHERE recipient = 'law_enforcement' AND kind = 'ended_first'
