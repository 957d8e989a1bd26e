-- What is owed in every episode: the duties that exist, what was done about them, and where their clocks may start.
-- in:    episodes, clocks, episode_duties, report_status, ncic_status, second_runs, untimed_reports, duties, law_rules,
--        law_values, value_scopes
-- out:   owed_duties
-- grain: one row per episode, level (federal, state, advice) and duty. Times in epoch seconds UTC.
--   informed_*    when the agency was informed, no earlier than the custody that governs the duty
--   done_*        when it was first done; sure_* by what can be for no other episode
--   is_doubtful   nobody may have been told of a second run (spec 2.2, rule 3)
--   end_kind      open; over (back or out of care); unsure (nobody wrote how it ended)
WITH last_second_run AS (
    SELECT e.episode_no, max(s.again_at) AS again_at
    FROM second_runs AS s
    JOIN episodes AS e ON e.child_id = s.child_id AND e.span_number = s.span_number
    GROUP BY e.episode_no
),
closed AS (
    SELECT *, CASE WHEN is_open THEN 'open' WHEN is_back OR has_left_care THEN 'over' ELSE 'unsure' END AS end_kind
    FROM episodes
)
SELECT e.episode_no, d.level, d.duty, d.recipient, d.obligation, d.rule_id, d.custody, d.age_band, f.custody_from,
       greatest(c.informed_earliest, coalesce(f.custody_from, c.informed_earliest)) AS informed_earliest,
       greatest(c.informed_latest, coalesce(f.custody_from, c.informed_latest)) AS informed_latest,
       e.began_earliest, e.began_latest, n.accepted_earliest AS le_earliest, n.accepted_latest AS le_latest,
       s.first_earliest AS done_earliest, s.first_latest AS done_latest, s.sure_earliest, s.sure_latest,
       coalesce(s.last_latest < a.again_at, FALSE) AS is_doubtful, u.episode_no IS NOT NULL AS has_untimed,
       e.end_kind, e.ended_earliest, e.ended_latest
FROM closed AS e
JOIN clocks AS c ON c.episode_no = e.episode_no
JOIN episode_duties AS f ON f.episode_no = e.episode_no
JOIN duties AS d ON d.duty = f.report_duty AND d.custody = f.custody AND d.age_band = f.age_band
                AND d.obligation NOT IN ('not_required', 'no_duty')
LEFT JOIN report_status AS s ON s.episode_no = e.episode_no AND s.recipient = f.recipient
LEFT JOIN ncic_status AS n ON n.episode_no = e.episode_no
LEFT JOIN last_second_run AS a ON a.episode_no = e.episode_no
LEFT JOIN untimed_reports AS u ON u.episode_no = e.episode_no AND u.recipient = f.recipient
UNION ALL  -- law enforcement's own duty; a number without a time is an entry at an unknown time
SELECT e.episode_no, r.level, r.duty, r.recipient, f.obligation, r.rule_id, f.custody, f.age_band, NULL,
       NULL, NULL, e.began_earliest, e.began_latest, n.accepted_earliest, n.accepted_latest,
       CASE WHEN n.entered_earliest IS NOT NULL THEN n.entered_earliest WHEN n.is_entered THEN n.accepted_earliest END,
       CASE WHEN n.entered_earliest IS NOT NULL THEN n.entered_latest WHEN n.is_entered THEN forever() END,
       CASE WHEN n.entered_earliest IS NOT NULL THEN n.entered_earliest WHEN n.is_entered THEN n.accepted_earliest END,
       CASE WHEN n.entered_earliest IS NOT NULL THEN n.entered_latest WHEN n.is_entered THEN forever() END,
       FALSE, FALSE, e.end_kind, e.ended_earliest, e.ended_latest
FROM closed AS e
JOIN ncic_status AS n ON n.episode_no = e.episode_no
JOIN law_rules AS r ON r.duty = 'ncic_entry'
JOIN episode_duties AS f ON f.episode_no = e.episode_no AND f.recipient = r.recipient
UNION ALL  -- the located notice; whether anything is to be advised is another question (may_clear)
SELECT e.episode_no, r.level, r.duty, r.recipient, f.obligation, r.rule_id, f.custody, f.age_band, NULL,
       NULL, NULL, e.began_earliest, e.began_latest, NULL, NULL,
       s.told_earliest, s.told_latest, s.told_earliest, s.told_latest,
       FALSE, FALSE, 'open', e.ended_earliest, e.ended_latest
FROM closed AS e
JOIN episode_duties AS f ON f.episode_no = e.episode_no
JOIN law_rules AS r ON r.duty = f.located_duty
JOIN report_status AS s ON s.episode_no = e.episode_no AND s.recipient = f.recipient AND s.counting_id IS NOT NULL
WHERE EXISTS (SELECT 1 FROM law_values AS v
              JOIN value_scopes AS x ON x.value_id = v.value_id AND x.custody = f.custody AND x.age_band = f.age_band
              WHERE v.rule_id = r.rule_id)
  AND e.is_back
