-- One line per verdict, with the episode it is about: what the checks of timeliness read.
-- in:    verdicts, episodes, le_standing, ncmec_standing, waiting
-- out:   facts
-- grain: one row per episode, level (federal, state, advice) and duty
SELECT e.episode_no, e.child_id, e.is_open, e.ended_earliest, e.ended_latest,
       v.level, v.duty, v.recipient, v.obligation, v.rule_id, v.value_id, v.verdict, v.is_checked,
       v.clock_earliest, v.clock_latest, v.deadline_earliest, v.deadline_latest,
       v.done_earliest AS observed_earliest, v.done_latest AS observed_latest,
       v.over_min_seconds, v.over_max_seconds,
       CASE WHEN v.recipient = 'law_enforcement' THEN l.counting_id ELSE n.counting_id END AS counting_id,
       concat(CASE WHEN v.recipient = 'law_enforcement' AND l.attempts > 0
                   THEN ' Attempts on record that do not count: ' || l.attempts || '.' END,
              ' A possible match is waiting for review: ' || sentence_of(w.reports) || '.') AS detail,
       coalesce(n.is_from_le_only, FALSE) AS is_ncmec_from_le_only
FROM verdicts AS v
JOIN episodes AS e ON e.episode_no = v.episode_no
LEFT JOIN le_standing AS l ON l.episode_no = v.episode_no
LEFT JOIN ncmec_standing AS n ON n.episode_no = v.episode_no
LEFT JOIN waiting AS w ON w.episode_no = v.episode_no AND w.recipient = v.recipient
