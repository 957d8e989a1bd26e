-- title: Report to law enforcement due
-- severity: high, medium
-- rule: as given
-- why: Missing since {began}, and law enforcement has not been told yet. The limit ({rule}) ends {due}, in {due_in}.{detail}
-- next: Call the law-enforcement agency of the place the child left: give name, birth date, description, last place and danger; ask for entry into NCIC and the numbers. Then tell NCMEC. Enter the report; if one was made, enter it.
-- next third_party: With the parent: call law enforcement, or have the parent call; then tell NCMEC with the parent's full contact details. Enter the report.
SELECT * FROM breaches WHERE recipient = 'law_enforcement' AND kind = 'due'
