-- code: LE-01
-- title: Not reported to law enforcement
-- recipient: law_enforcement
-- rule: as given
-- queue: act_now while open
-- why open: Missing since {began}, and law enforcement has not been told. The limit ({rule}) ran out {over} ago.{detail}
-- why open_in_doubt: Missing since {began}, and law enforcement has not been told. The limit ({rule}) may have run out, by {over}.{detail}
-- why untimed_open: Missing since {began}. A report to law enforcement whose time cannot be read is on file: it counts for nothing. Limit: {rule}.{detail}
-- why untimed_closed: A report to law enforcement whose time cannot be read is on file: it counts for nothing, and no other was made. Limit: {rule}.{detail}
-- why back [end]: The child was away for {away} and is back; law enforcement was never told. Limit: {rule}.{detail}
-- why closed: The record of the child being missing lasted {away}, until {ended}; law enforcement was never told. Limit: {rule}.{detail}
-- next: Call the law-enforcement agency of the place the child left: give name, birth date, description, last place and danger; ask for entry into NCIC and the numbers. Then tell NCMEC. Enter the report; if one was made, enter it.
-- next third_party: With the parent: call law enforcement, or have the parent call; then tell NCMEC with the parent's full contact details. Enter the report.
-- next back: If a report was made, enter it with its time and number; if none was, write down why.
-- next closed: If a report was made, enter it with its time and number; if none was, write down why.
-- next untimed_open: Enter the time of the report; if nobody knows it, report again. Call the law-enforcement agency of the place the child left: give name, birth date, description, last place and danger; ask for entry into NCIC and the numbers. Then tell NCMEC. Enter the report; if one was made, enter it.
-- next untimed_closed: Enter the time at which the report was made.
SELECT *, CASE WHEN is_open AND is_by_verified_rule THEN 'critical' WHEN is_open OR is_surely_missing THEN 'high'
               ELSE 'medium' END AS severity
FROM breaches
WHERE recipient = 'law_enforcement' AND kind = 'missing'
