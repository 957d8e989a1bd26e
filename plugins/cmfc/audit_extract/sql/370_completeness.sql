-- Which parts of the report that counts are on file, element by element.
-- in:    lines, characteristics
-- out:   completeness
-- grain: one row per population, recipient, element and state; `no_report` and `not_checked` are states of their own
WITH parts AS (
    SELECT l.in_audit_population, e.recipient, e.element, e.is_there, e.has_report, e.verdict
    FROM lines AS l
    JOIN characteristics AS c ON c.episode = l.episode
    CROSS JOIN LATERAL (VALUES
        ('law_enforcement', 'agency', c.le_has_agency, l.has_le_report, l.le_verdict),
        ('law_enforcement', 'report_number', c.le_has_number, l.has_le_report, l.le_verdict),
        ('law_enforcement', 'ncic_number', c.le_has_ncic_number, l.has_le_report, l.le_verdict),
        ('law_enforcement', 'ncic_time', c.le_has_ncic_time, l.has_le_report, l.le_verdict),
        ('ncmec', 'case_number', c.ncmec_has_number, l.has_ncmec_report, l.ncmec_verdict),
        ('ncmec', 'photo', c.ncmec_has_photo, l.has_ncmec_report, l.ncmec_verdict),
        ('ncmec', 'description', c.ncmec_has_description, l.has_ncmec_report, l.ncmec_verdict),
        ('ncmec', 'circumstances', c.ncmec_has_circumstances, l.has_ncmec_report, l.ncmec_verdict),
        ('ncmec', 'endangerments', c.ncmec_has_endangerments, l.has_ncmec_report, l.ncmec_verdict),
        ('ncmec', 'guardian_contact', c.ncmec_has_guardian_contact, l.has_ncmec_report, l.ncmec_verdict)
    ) AS e(recipient, element, is_there, has_report, verdict)
)
SELECT p.population, s.recipient, s.element,
       CASE WHEN s.verdict = 'not_checked' THEN 'not_checked' WHEN NOT s.has_report THEN 'no_report'
            WHEN s.is_there THEN 'yes' WHEN s.is_there IS NULL THEN 'not_recorded' ELSE 'no' END AS state,
       count(*) AS episodes
FROM parts AS s
JOIN (VALUES ('statute'), ('audit')) AS p(population) ON p.population = 'statute' OR s.in_audit_population
GROUP BY ALL
