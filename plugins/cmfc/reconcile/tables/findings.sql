-- The findings with their sentence, rule and routing, in the columns of exceptions.csv (spec 5, 6).
-- in:    raised, check_texts, episodes, followed, le_standing, ncmec_standing, children, law_values, law_rules, run
-- grain: one row per code, subject and recipient
WITH told AS (
    SELECT r.code, r.recipient, r.rule_id, r.rules, r.child_id, r.severity, r.clock_earliest, r.clock_latest, r.deadline_earliest,
           r.deadline_latest, r.observed_earliest, r.observed_latest, r.over_min_seconds, r.over_max_seconds, r.detail,
           coalesce(r.subject_id, e.episode_id) AS subject, e.episode_id, t.title, t.why, t.next,
           -- by what can still be done (spec 5, queue)
           CASE WHEN r.severity = 'info' THEN 'history'
                WHEN e.ended_latest < run.as_of - 7776000 AND (e.is_back OR e.has_left_care OR f.episode_no IS NOT NULL)
                THEN 'history'
                WHEN r.queue IS NOT NULL THEN r.queue
                WHEN t.queue = 'act_now while open' THEN CASE WHEN coalesce(e.is_open, TRUE) THEN 'act_now' ELSE 'explain' END
                ELSE t.queue END AS queue,
           e.began_earliest, e.days_missing, e.age, e.reason,
           coalesce(e.is_open, FALSE) AS is_open,
           coalesce(r.evidence, with_evidence(e.evidence, CASE r.recipient WHEN 'law_enforcement' THEN le.evidence
                                                                          WHEN 'ncmec' THEN nc.evidence END))
               AS all_evidence,
           coalesce(r.county, c.county) AS county, coalesce(r.office, c.office) AS office,
           coalesce(r.caseworker_id, c.caseworker_id) AS caseworker_id,
           v.citation, v.is_verified, v.limit_seconds, run.as_of, run.agency,
           CASE WHEN coalesce(r.rule_id, '') = '' THEN 'record' ELSE v.basis END AS basis,
           CASE WHEN r.over_min_seconds = r.over_max_seconds OR r.over_max_seconds IS NULL
                THEN hours_text(r.over_min_seconds) || ' hours'
                ELSE 'between ' || hours_text(r.over_min_seconds) || ' and ' || hours_text(r.over_max_seconds) || ' hours'
           END AS over_text
    FROM raised AS r
    CROSS JOIN run
    JOIN check_texts AS t ON t.code = r.code
    LEFT JOIN episodes AS e ON e.episode_no = r.episode_no
    LEFT JOIN followed AS f ON f.episode_no = r.episode_no
    LEFT JOIN le_standing AS le ON le.episode_no = r.episode_no
    LEFT JOIN ncmec_standing AS nc ON nc.episode_no = r.episode_no
    LEFT JOIN children AS c ON c.child_id = r.child_id
    LEFT JOIN law_rules AS l ON l.rule_id = r.rule_id
    LEFT JOIN law_values AS v ON v.value_id = coalesce(r.value_id, l.value_id)
)
SELECT code, subject AS subject_id, recipient, rule_id, rules, child_id, episode_id, severity,
       queue,
       'new' AS status, is_open,
       CAST(DATE '1970-01-01' + CAST(local_day(as_of) AS INTEGER) AS VARCHAR) AS first_seen, 0 AS age_days, title,
       began_earliest, days_missing, age, reason,
       clock_earliest AS clock_start_earliest, clock_latest AS clock_start_latest, deadline_earliest, deadline_latest,
       observed_earliest AS observed_at_earliest,
       observed_latest AS observed_at_latest,
       round(over_min_seconds / 3600.0, 4) AS hours_over_min, round(over_max_seconds / 3600.0, 4) AS hours_over_max,
       basis, is_verified AS rule_verified, citation,
       replace(replace(replace(replace(replace(why,
           '{detail}', coalesce(detail, '')),
           '{over}', coalesce(over_text, '')),
           '{limit}', coalesce(CAST(CAST(limit_seconds / 3600 AS BIGINT) AS VARCHAR), '')),
           '{are}', CASE WHEN is_open THEN 'are' ELSE 'were' END),
           '{overdue}', coalesce(CASE WHEN over_min_seconds > 0 THEN 'has been over for ' || over_text
                             ELSE 'may already be over, by up to ' || hours_text(over_max_seconds) || ' hours' END, '')) AS why,
       next AS next_action, sorted_evidence(all_evidence) AS evidence,
       county, office, caseworker_id, CAST(NULL AS VARCHAR) AS assignee, CAST(NULL AS VARCHAR) AS waived_until,
       digest20(agency || '|' || code || '|' || subject || '|' || recipient) AS exception_id
FROM told
ORDER BY code, subject, recipient
