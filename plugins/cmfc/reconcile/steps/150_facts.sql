-- One line per verdict, with the episode it is about: what the checks of timeliness read.
-- in:    verdicts, episode_facts, law_values, recipients, report_status, pending_matches, untimed_reports
-- out:   facts
-- grain: one row per episode, level (federal, state, advice) and duty. `strength`: of the rule's basis, strongest first;
--        `rules`: every rule of the duty with its verdict, earliest deadline first (spec 5)
WITH placed AS (
    SELECT episode_no, duty, rule_id || '=' || verdict AS term,
           row_number() OVER (PARTITION BY episode_no, duty ORDER BY coalesce(deadline_earliest, forever()), rule_id) AS nth
    FROM verdicts
),
ruled AS (  -- a duty has a rule of each level at most; sorting within an aggregate would cost four times as much
    SELECT episode_no, duty,
           concat_ws(';', max(CASE WHEN nth = 1 THEN term END), max(CASE WHEN nth = 2 THEN term END),
                     max(CASE WHEN nth = 3 THEN term END)) AS rules
    FROM placed
    GROUP BY episode_no, duty
)
SELECT e.episode_no, e.child_id, e.is_open, e.is_back, e.may_clear, e.ended_earliest, e.ended_latest, e.evidence AS episode_evidence,
       v.level, v.duty, v.recipient, v.duty = p.report_duty AS is_report_duty,
       v.duty = p.located_duty AS is_located_duty, v.obligation, v.obligation <> 'not_required' AS is_owed,
       v.rule_id, v.value_id, v.verdict, v.is_checked, v.has_untimed,
       v.is_doubtful AS is_second_run_untold,
       v.clock_earliest, v.clock_latest, v.deadline_earliest, v.deadline_latest,
       v.done_earliest AS observed_earliest, v.done_latest AS observed_latest,
       v.over_min_seconds, v.over_max_seconds, r.rules,
       strength_of(w.basis, w.is_verified) AS strength,
       coalesce(w.is_verified, FALSE) AS is_verified,
       s.counting_id, coalesce(s.attempts, 0) AS attempts,
       x.undecided, x.elsewhere, u.reports AS untimed,
       coalesce(s.is_from_le_only, FALSE) AS is_from_le_only
FROM verdicts AS v
JOIN episode_facts AS e ON e.episode_no = v.episode_no
JOIN recipients AS p ON p.recipient = v.recipient
JOIN ruled AS r ON r.episode_no = v.episode_no AND r.duty = v.duty
LEFT JOIN law_values AS w ON w.value_id = v.value_id
LEFT JOIN report_status AS s ON s.episode_no = v.episode_no AND s.recipient = v.recipient
LEFT JOIN pending_matches AS x ON x.episode_no = v.episode_no AND x.recipient = v.recipient
LEFT JOIN untimed_reports AS u ON u.episode_no = v.episode_no AND u.recipient = v.recipient
