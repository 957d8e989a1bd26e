-- title: No contact with NCMEC for 30 days
-- recipient: ncmec
-- rule: as given
-- why never [report]: The child is missing still, and no contact with NCMEC is on record since the report.
-- why long_ago [report]: The child is missing still, and no contact with NCMEC is on record for more than 30 days.
-- next: Call NCMEC at 1-800-THE-LOST (1-800-843-5678) and enter the contact.
SELECT *, 'medium' AS severity FROM overdue_contacts WHERE recipient = 'ncmec'
