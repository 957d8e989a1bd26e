-- Each episode's outcome per population, recipient and view (spec 2.1: a verdict is never a boolean).
-- in:    lines
-- out:   judged
-- grain: one row per population, episode, recipient and view
WITH by_recipient AS (
    SELECT *, 'law_enforcement' AS recipient, le_duty AS duty, le_verdict AS verdict, le_state_verdict AS state_verdict,
           le_rule AS rule, le_state_rule AS state_rule, has_le_report AS has_report, le_calendar_days AS calendar_days, le_audit_late AS is_audit_late
    FROM lines
    UNION ALL
    SELECT *, 'ncmec', ncmec_duty, ncmec_verdict, ncmec_state_verdict, ncmec_rule, ncmec_state_rule,
           has_ncmec_report, ncmec_calendar_days, ncmec_audit_late
    FROM lines
),
viewed AS (
    SELECT *, 'statute' AS view, verdict AS view_verdict, rule AS judged_by FROM by_recipient
    UNION ALL
    SELECT *, 'state', state_verdict, state_rule FROM by_recipient WHERE state_verdict IS NOT NULL
    UNION ALL
    SELECT *, 'calendar_days',
           CASE WHEN verdict IN ('not_required', 'not_checked', 'no_rule') THEN verdict
                WHEN NOT has_report AND is_audit_late THEN 'missing'
                WHEN NOT has_report THEN 'pending'
                WHEN is_audit_late THEN 'late'
                ELSE 'met' END, rule
    FROM by_recipient
),
populations AS (
    SELECT 'statute' AS population
    UNION ALL
    SELECT 'audit'
)
SELECT p.population, v.recipient, v.view, v.duty, v.calendar_days, v.has_report,
       CASE v.view_verdict WHEN 'met' THEN 'on_time' WHEN 'missing' THEN 'never' WHEN 'not_required' THEN 'no_duty'
                   ELSE v.view_verdict END AS outcome,
       v.county, v.age_band, v.custody, v.reason, v.length_band, v.began_on, coalesce(v.judged_by, 'no rule') AS rule
FROM viewed AS v
JOIN populations AS p ON p.population = 'statute' OR v.in_audit_population
