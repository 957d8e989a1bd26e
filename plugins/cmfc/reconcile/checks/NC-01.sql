-- code: NC-01
-- title: Not reported to NCMEC
-- recipient: ncmec
-- rule: as given
-- queue: act_now while open
-- why open: Missing since {began}, and NCMEC has not been told. The limit ({rule}) ran out {over} ago.{detail}
-- why open_in_doubt: Missing since {began}, and NCMEC has not been told. The limit ({rule}) may have run out, by {over}.{detail}
-- why untimed_open: Missing since {began}. A report to NCMEC whose time cannot be read is on file: it counts for nothing. Limit: {rule}.{detail}
-- why untimed_closed: A report to NCMEC whose time cannot be read is on file: it counts for nothing, and no other was made. Limit: {rule}.{detail}
-- why back [end]: The child was away for {away} and is back; NCMEC was never told. Limit: {rule}.{detail}
-- why closed: The record of the child being missing lasted {away}, until {ended}; NCMEC was never told. Limit: {rule}.{detail}
-- next: Tell law enforcement first; then report to NCMEC at 1-800-THE-LOST (1-800-843-5678) or on its online portal, with the law-enforcement agency and its report number. Enter the report; if one was made, enter it.
-- next third_party: With the parent, once law enforcement was called: report to NCMEC at 1-800-THE-LOST (1-800-843-5678) with the parent's full contact details, or have the parent report. Enter the report.
-- next back: If a report was made, enter it with its time and number; if none was, write down why.
-- next closed: If a report was made, enter it with its time and number; if none was, write down why.
-- next untimed_open: Enter the time of the report; if nobody knows it, report again. Tell law enforcement first; then report to NCMEC at 1-800-THE-LOST (1-800-843-5678) or on its online portal, with the law-enforcement agency and its report number. Enter the report; if one was made, enter it.
-- next untimed_closed: Enter the time at which the report was made.
SELECT *, CASE WHEN is_open AND is_by_verified_rule THEN 'critical' WHEN is_open OR is_surely_missing THEN 'high'
               ELSE 'medium' END AS severity
FROM breaches
WHERE recipient = 'ncmec' AND kind = 'missing'
