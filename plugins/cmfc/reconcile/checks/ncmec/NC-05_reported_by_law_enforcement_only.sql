-- title: NCMEC case opened by law enforcement only
-- severity: critical, high, medium
-- rule: as given
-- why [report]: NCMEC knows of the child from law enforcement alone; the agency owes a report of its own. Limit: {rule}.
-- next: Tell law enforcement first; then report to NCMEC at 1-800-THE-LOST (1-800-843-5678) or on its online portal, with the law-enforcement agency and its report number. Enter the report; if one was made, enter it.
-- next third_party: With the parent, once law enforcement was called: report to NCMEC at 1-800-THE-LOST (1-800-843-5678) with the parent's full contact details, or have the parent report. Enter the report.
SELECT * EXCLUDE (state) FROM breaches WHERE recipient = 'ncmec' AND kind = 'missing' AND is_from_le_only
