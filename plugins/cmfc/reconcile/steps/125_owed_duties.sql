-- What is owed in every episode: the duties that exist, what was done about them, and where their clocks may start.
-- in:    episodes, clocks, le_standing, ncmec_standing, second_runs, untimed_reports, duties, law_rules, law_values, value_scopes
-- out:   owed_duties
-- grain: one row per episode, level (federal, state, advice) and duty. Times in epoch seconds UTC.
--   informed_*    when the agency was informed, no earlier than the custody that governs the duty
--   done_*        when it was first done; sure_* by what can be for no other episode
--   is_doubtful   nobody may have been told of a second run (spec 2.2, rule 3)
--   end_kind      open; over (back or out of care); unsure (nobody wrote how it ended)
WITH again AS (
    SELECT e.episode_no, max(s.again_at) AS again_at
    FROM second_runs AS s
    JOIN episodes AS e ON e.child_id = s.child_id AND e.span_number = s.span_number
    GROUP BY e.episode_no
),
closed AS (
    SELECT *, CASE WHEN is_open THEN 'open' WHEN is_back OR has_left_care THEN 'over' ELSE 'unsure' END AS end_kind
    FROM episodes
)
SELECT e.episode_no, d.level, d.duty, d.recipient, d.obligation, d.rule_id, d.custody, d.age_band, e.le_from AS custody_from,
       greatest(c.informed_earliest, coalesce(e.le_from, c.informed_earliest)) AS informed_earliest,
       greatest(c.informed_latest, coalesce(e.le_from, c.informed_latest)) AS informed_latest,
       e.began_earliest, e.began_latest, CAST(NULL AS BIGINT) AS le_earliest, CAST(NULL AS BIGINT) AS le_latest,
       l.first_earliest AS done_earliest, l.first_latest AS done_latest, l.sure_earliest, l.sure_latest,
       coalesce(l.last_latest < a.again_at, FALSE) AS is_doubtful, u.episode_no IS NOT NULL AS has_untimed,
       e.end_kind, e.ended_earliest, e.ended_latest
FROM closed AS e
JOIN clocks AS c ON c.episode_no = e.episode_no
JOIN duties AS d ON d.duty = 'report_to_le' AND d.custody = e.le_custody AND d.age_band = e.age_band
                AND d.obligation NOT IN ('not_required', 'no_duty')
LEFT JOIN le_standing AS l ON l.episode_no = e.episode_no
LEFT JOIN again AS a ON a.episode_no = e.episode_no
LEFT JOIN untimed_reports AS u ON u.episode_no = e.episode_no AND u.recipient = 'law_enforcement'
UNION ALL
SELECT e.episode_no, d.level, d.duty, d.recipient, d.obligation, d.rule_id, d.custody, d.age_band, e.ncmec_from,
       greatest(c.informed_earliest, coalesce(e.ncmec_from, c.informed_earliest)),
       greatest(c.informed_latest, coalesce(e.ncmec_from, c.informed_latest)),
       e.began_earliest, e.began_latest, l.accepted_earliest, l.accepted_latest,
       n.first_earliest, n.first_latest, n.sure_earliest, n.sure_latest,
       coalesce(n.last_latest < a.again_at, FALSE), u.episode_no IS NOT NULL,
       e.end_kind, e.ended_earliest, e.ended_latest
FROM closed AS e
JOIN clocks AS c ON c.episode_no = e.episode_no
JOIN duties AS d ON d.duty = 'report_to_ncmec' AND d.custody = e.ncmec_custody AND d.age_band = e.age_band
                AND d.obligation NOT IN ('not_required', 'no_duty')
LEFT JOIN le_standing AS l ON l.episode_no = e.episode_no
LEFT JOIN ncmec_standing AS n ON n.episode_no = e.episode_no
LEFT JOIN again AS a ON a.episode_no = e.episode_no
LEFT JOIN untimed_reports AS u ON u.episode_no = e.episode_no AND u.recipient = 'ncmec'
UNION ALL  -- law enforcement's own duty; a number without a time is an entry at an unknown time
SELECT e.episode_no, r.level, r.duty, r.recipient, d.obligation, r.rule_id, d.custody, d.age_band, NULL,
       NULL, NULL, e.began_earliest, e.began_latest, l.accepted_earliest, l.accepted_latest,
       CASE WHEN l.entered_earliest IS NOT NULL THEN l.entered_earliest WHEN l.is_entered THEN l.accepted_earliest END,
       CASE WHEN l.entered_earliest IS NOT NULL THEN l.entered_latest WHEN l.is_entered THEN forever() END,
       CASE WHEN l.entered_earliest IS NOT NULL THEN l.entered_earliest WHEN l.is_entered THEN l.accepted_earliest END,
       CASE WHEN l.entered_earliest IS NOT NULL THEN l.entered_latest WHEN l.is_entered THEN forever() END,
       FALSE, FALSE, e.end_kind, e.ended_earliest, e.ended_latest
FROM closed AS e
JOIN le_standing AS l ON l.episode_no = e.episode_no AND l.accepted_earliest IS NOT NULL
JOIN law_rules AS r ON r.duty = 'ncic_entry'
JOIN duties AS d ON d.level = 'federal' AND d.duty = 'report_to_le' AND d.custody = e.le_custody AND d.age_band = e.age_band
UNION ALL  -- the notice that the child was located; whether anything is to be advised is another question (may_clear)
SELECT e.episode_no, r.level, r.duty, r.recipient, d.obligation, r.rule_id, d.custody, d.age_band, NULL,
       NULL, NULL, e.began_earliest, e.began_latest, NULL, NULL,
       CASE r.duty WHEN 'tell_le_located' THEN l.told_earliest ELSE n.told_earliest END,
       CASE r.duty WHEN 'tell_le_located' THEN l.told_latest ELSE n.told_latest END,
       CASE r.duty WHEN 'tell_le_located' THEN l.told_earliest ELSE n.told_earliest END,
       CASE r.duty WHEN 'tell_le_located' THEN l.told_latest ELSE n.told_latest END,
       FALSE, FALSE, 'open', e.ended_earliest, e.ended_latest
FROM closed AS e
JOIN law_rules AS r ON r.duty IN ('tell_le_located', 'tell_ncmec_located')
JOIN duties AS d ON d.level = 'federal' AND d.age_band = e.age_band
                AND d.duty = CASE r.duty WHEN 'tell_le_located' THEN 'report_to_le' ELSE 'report_to_ncmec' END
                AND d.custody = CASE r.duty WHEN 'tell_le_located' THEN e.le_custody ELSE e.ncmec_custody END
LEFT JOIN le_standing AS l ON l.episode_no = e.episode_no
LEFT JOIN ncmec_standing AS n ON n.episode_no = e.episode_no
WHERE EXISTS (SELECT 1 FROM law_values AS v
              JOIN value_scopes AS s ON s.value_id = v.value_id AND s.custody = d.custody AND s.age_band = d.age_band
              WHERE v.rule_id = r.rule_id)
  AND e.is_back
  AND CASE r.duty WHEN 'tell_le_located' THEN l.counting_id ELSE n.counting_id END IS NOT NULL
