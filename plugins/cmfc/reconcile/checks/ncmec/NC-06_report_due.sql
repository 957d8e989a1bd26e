-- title: Report to NCMEC due
-- severity: high, medium
-- rule: as given
-- why: Missing since {began}, and NCMEC has not been told yet. The limit ({rule}) ends {due}, in {due_in}.{detail}
-- next: Tell law enforcement first; then report to NCMEC at 1-800-THE-LOST (1-800-843-5678) or on its online portal, with the law-enforcement agency and its report number. Enter the report; if one was made, enter it.
-- next third_party: With the parent, once law enforcement was called: report to NCMEC at 1-800-THE-LOST (1-800-843-5678) with the parent's full contact details, or have the parent report. Enter the report.
SELECT * FROM breaches WHERE recipient = 'ncmec' AND kind = 'due'
