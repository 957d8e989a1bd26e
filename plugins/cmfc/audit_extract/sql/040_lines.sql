-- One line per episode of the statute's population, with pseudonyms and bands; every table is made from it alone.
-- in:    dated, rested_on, pseudonyms, night_notices
-- out:   lines
-- grain: one row per episode that lasted at any time in the period
WITH located_notices AS (  -- as RT-01 and RT-02: by the state's number where one is in force, else by this project's advice; never
                -- told breaks the nation's rule, which has no number, where there is a duty
    SELECT episode_id, recipient, rule_id, verdict,
           max(rule_id) FILTER (level = 'federal' AND verdict = 'no_number')
               OVER (PARTITION BY episode_id, recipient) AS federal_rule,
           row_number() OVER (PARTITION BY episode_id, recipient
                              ORDER BY CASE WHEN verdict IN ('no_rule', 'no_number', 'no_duty') THEN 1 ELSE 0 END,
                                       CASE level WHEN 'state' THEN 0 ELSE 1 END, rule_id) AS nth
    FROM night_notices
),
counties AS (
    SELECT county, count(*) AS episodes,
           coalesce(sum(count(*)) OVER (ORDER BY count(*) DESC, county
                                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
    FROM dated WHERE item IN ('audit', 'shorter_than_two_calendar_days')
    GROUP BY county
),
sized AS (
    SELECT county, CASE WHEN 2 * before < sum(episodes) OVER () THEN 'large'
                        WHEN 5 * before < 4 * sum(episodes) OVER () THEN 'medium' ELSE 'small' END AS county_size
    FROM counties
)
SELECT p.pseudonym AS episode, c.pseudonym AS child,
       row_number() OVER (PARTITION BY d.child_id ORDER BY d.began_earliest, d.began_latest, p.pseudonym) AS nth_of_child,
       day_of(d.began_day) AS began_on, day_of(d.ended_day) AS ended_on, d.began_day, d.ended_day,
       d.began_earliest, d.began_latest, d.ended_earliest, d.ended_latest,
       d.outcome, d.reason, d.sources, d.county, s.county_size, d.age,
       CASE WHEN d.age IS NULL THEN 'unknown' WHEN d.age < 6 THEN '00-05' WHEN d.age < 13 THEN '06-12'
            WHEN d.age < 16 THEN '13-15' WHEN d.age < 18 THEN '16-17' WHEN d.age < 21 THEN '18-20'
            ELSE '21+' END AS age_band,
       d.custody, d.length_days, length_band(d.length_days) AS length_band, d.days_missing,
       d.item = 'audit' AS in_audit_population,
       d.informed_earliest, d.informed_latest, d.informed_basis,
       d.le_duty, d.le_report_id IS NOT NULL AS has_le_report, d.le_reported_earliest, d.le_reported_latest,
       d.le_verdict, d.le_state_verdict, d.le_hours_min, d.le_hours_max, d.le_calendar_days, d.le_audit_late,
       undetermined_because(d.le_verdict, d.informed_basis, d.informed_latest - d.informed_earliest,
                            d.le_reported_latest - d.le_reported_earliest) AS le_undetermined_because,
       d.ncmec_duty, d.ncmec_report_id IS NOT NULL AS has_ncmec_report,
       d.ncmec_reported_earliest, d.ncmec_reported_latest,
       d.ncmec_verdict, d.ncmec_state_verdict, d.ncmec_hours_min, d.ncmec_hours_max,
       d.ncmec_calendar_days, d.ncmec_audit_late,
       undetermined_because(d.ncmec_verdict, d.informed_basis, d.informed_latest - d.informed_earliest,
                            d.ncmec_reported_latest - d.ncmec_reported_earliest) AS ncmec_undetermined_because,
       d.ncic_verdict,
       coalesce(le.verdict, 'not_required') AS le_notice,
       CASE WHEN le.verdict = 'missing' AND d.le_duty <> 'not_required'
            THEN coalesce(le.federal_rule, le.rule_id) ELSE le.rule_id END AS le_notice_rule,
       coalesce(n.verdict, 'not_required') AS ncmec_notice,
       CASE WHEN n.verdict = 'missing' AND d.ncmec_duty <> 'not_required'
            THEN coalesce(n.federal_rule, n.rule_id) ELSE n.rule_id END AS ncmec_notice_rule,
       o.* EXCLUDE (episode_id)
FROM dated AS d
JOIN rested_on AS o ON o.episode_id = d.episode_id
JOIN pseudonyms AS p ON p.kind = 'episode' AND p.id = d.episode_id
JOIN pseudonyms AS c ON c.kind = 'child' AND c.id = d.child_id
LEFT JOIN sized AS s ON s.county IS NOT DISTINCT FROM d.county
LEFT JOIN located_notices AS le ON le.episode_id = d.episode_id AND le.recipient = 'law_enforcement' AND le.nth = 1
LEFT JOIN located_notices AS n ON n.episode_id = d.episode_id AND n.recipient = 'ncmec' AND n.nth = 1
WHERE d.item IN ('audit', 'shorter_than_two_calendar_days')
