-- title: Returned or left care before the deadline, not reported to NCMEC
-- severity: low
-- rule: as given
-- queue: history
-- why back [end]: The child was away for {away}, less than the limit ({rule}), and is back; NCMEC was not told. Neither a breach nor compliance.
-- why closed: The record of the child being missing lasted {away}, less than the limit ({rule}), until {ended}; NCMEC was not told. Neither a breach nor compliance.
-- why left_care: The child left care after {away}, before the limit ({rule}) ran out; NCMEC was not told. Neither a breach nor compliance.
-- next: Nothing is overdue; if a report was made, enter it.
SELECT * FROM breaches WHERE recipient = 'ncmec' AND kind = 'ended_first'
