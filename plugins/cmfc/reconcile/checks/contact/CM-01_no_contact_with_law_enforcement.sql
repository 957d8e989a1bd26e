-- title: No contact with law enforcement for 30 days
-- recipient: law_enforcement
-- rule: as given
-- why never [report]: The child is missing still, and no contact with law enforcement is on record since the report.
-- why long_ago [report]: The child is missing still, and no contact with law enforcement is on record for more than 30 days.
-- next: Call law enforcement and enter the contact.
SELECT *, 'medium' AS severity FROM overdue_contacts WHERE recipient = 'law_enforcement'
