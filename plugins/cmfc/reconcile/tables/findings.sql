-- The findings with their sentence, rule and routing, in the columns of exceptions.csv (spec 5, 6).
-- in:    raised_findings, check_texts, check_nexts, episodes, later_whereabouts, recipients, report_status, children, law_values, law_rules, run
-- grain: one row per code, subject and recipient
WITH routed AS (
    SELECT r.code, r.recipient, r.rule_id, r.rules, r.child_id, r.severity, r.clock_earliest, r.clock_latest, r.deadline_earliest,
           r.deadline_latest, r.observed_earliest, r.observed_latest, r.over_min_seconds, r.over_max_seconds, r.detail,
           coalesce(r.subject_id, e.episode_id) AS subject, e.episode_id, t.title, t.why, coalesce(own.next, of_state.next, default_next.next) AS next,
           -- by what can still be done (spec 5, queue)
           CASE WHEN r.severity = 'info' THEN 'history'
                WHEN e.ended_latest < run.as_of - days(90) AND (e.is_back OR e.has_left_care OR f.episode_no IS NOT NULL)
                THEN 'history'
                WHEN r.queue IS NOT NULL THEN r.queue
                WHEN t.queue = 'act_now while open' THEN CASE WHEN coalesce(e.is_open, TRUE) THEN 'act_now' ELSE 'explain' END
                ELSE t.queue END AS queue,
           e.began_earliest, e.days_missing, e.age, e.reason,
           coalesce(e.is_open, FALSE) AS is_open,
           with_evidence(coalesce(r.evidence, with_evidence(with_evidence(e.evidence, e.proof), s.evidence)),
                         CASE WHEN r.clock_earliest IS NOT NULL THEN e.known_before END)  -- the clock rests on it
               AS all_evidence,
           coalesce(r.county, c.county) AS county, coalesce(r.office, c.office) AS office,
           coalesce(r.caseworker_id, c.caseworker_id) AS caseworker_id,
           v.citation, v.is_verified, run.as_of, run.agency,
           CASE WHEN coalesce(r.rule_id, '') = '' THEN 'record' ELSE v.basis END AS basis,
           p.name AS whom, v.plain_name AS rule, e.began_latest, e.ended_earliest, e.ended_latest,
           -- the agency's clock, once: what is said of a time names it many times
           local_seconds(e.began_earliest) AS began_first, local_seconds(e.began_latest) AS began_last,
           local_seconds(e.ended_earliest) AS ended_first, local_seconds(e.ended_latest) AS ended_last,
           local_seconds(r.deadline_earliest) AS due_first, local_seconds(r.deadline_latest) AS due_last,
           local_seconds(r.observed_earliest) AS done_first, local_seconds(r.observed_latest) AS done_last
    FROM raised_findings AS r
    CROSS JOIN run
    JOIN check_texts AS t ON t.code = r.code AND t.state = coalesce(r.state, '')
    LEFT JOIN check_nexts AS own ON own.code = r.code AND own.state = r.next_state
    LEFT JOIN check_nexts AS of_state ON of_state.code = r.code AND of_state.state = r.state
    JOIN check_nexts AS default_next ON default_next.code = r.code AND default_next.state = ''
    LEFT JOIN episodes AS e ON e.episode_no = r.episode_no
    LEFT JOIN later_whereabouts AS f ON f.episode_no = r.episode_no
    LEFT JOIN recipients AS p ON p.recipient = r.recipient
    LEFT JOIN report_status AS s ON s.episode_no = r.episode_no AND s.recipient = r.recipient
    LEFT JOIN children AS c ON c.child_id = r.child_id
    LEFT JOIN law_rules AS l ON l.rule_id = r.rule_id
    LEFT JOIN law_values AS v ON v.value_id = coalesce(r.value_id, l.value_id)
),
lengths AS (
    SELECT *, greatest(0, ended_earliest - began_latest) AS away_min, ended_latest - began_earliest AS away_max,
           greatest(0, deadline_earliest - as_of) AS due_min, greatest(0, deadline_latest - as_of) AS due_max
    FROM routed
),
durations AS (
    -- each once, and of a column: a sentence names it many times, and the planner would copy what it is made of
    SELECT *, duration_text(away_min) AS away_shortest, duration_text(away_max) AS away_longest,
           duration_text(over_min_seconds) AS over_shortest, duration_text(over_max_seconds) AS over_longest,
           duration_text(due_min) AS due_shortest, duration_text(due_max) AS due_longest
    FROM lengths
),
worded AS (
    -- what the sentences ask for; a sentence that asks for what is not there is none
    SELECT *, time_text(began_latest - began_earliest, began_first, began_last) AS began,
           time_text(ended_latest - ended_earliest, ended_first, ended_last) AS ended,
           span_text(away_min, away_shortest, away_longest) AS away,
           span_text(over_min_seconds, over_shortest, over_longest) AS over,
           on_text(time_text(deadline_latest - deadline_earliest, due_first, due_last)) AS due,
           span_text(due_min, due_shortest, due_longest) AS due_in,
           on_text(time_text(observed_latest - observed_earliest, done_first, done_last)) AS done
    FROM durations
)
SELECT code, subject AS subject_id, recipient, rule_id, rules, child_id, episode_id, severity,
       queue,
       'new' AS status, is_open,
       CAST(DATE '1970-01-01' + CAST(local_day(as_of) AS INTEGER) AS VARCHAR) AS first_seen, 0 AS age_days, title,
       began_earliest, days_missing, age, reason,
       clock_earliest AS clock_start_earliest, clock_latest AS clock_start_latest, deadline_earliest, deadline_latest,
       observed_earliest AS observed_at_earliest,
       observed_latest AS observed_at_latest,
       hours_of(over_min_seconds) AS hours_over_min, hours_of(over_max_seconds) AS hours_over_max,
       basis, is_verified AS rule_verified, citation,
       render_why(title, why, whom, rule, began, ended, away, over, due, due_in, done, detail) AS why,
       render_next(next, whom) AS next_action, sorted_evidence(all_evidence) AS evidence,
       county, office, caseworker_id, CAST(NULL AS VARCHAR) AS assignee, CAST(NULL AS VARCHAR) AS waived_until,
       digest20(agency || '|' || code || '|' || subject || '|' || recipient) AS exception_id
FROM worded
ORDER BY code, subject_id, recipient
