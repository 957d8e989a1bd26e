-- Findings that lived and are not found tonight, with what resolved them; `is_held` where tonight could not tell.
-- `ended`: worse, milder (another code of the same duty took its place), done (the duty was met, and tonight's facts show it:
-- that a finding is not there any more shows nothing), left (nothing is owed or may be cleared now), corrected (the records
-- changed; also where it goes on, as the same code of the episode that goes on in its place: `goes_on`).
-- in:    base, current, tonight, duty_codes, lineage, episodes, recipient_duties, notices, silent_feeds (feeds that could not
--        be used, and columns that did not come)
-- out:   absent_findings
-- grain: one row per finding that lived after the last earlier night, or after an earlier run of this one
-- No finding ends through the silence of a feed (spec 1): those that need it stay as they were and are not listed. A feed that
-- moves clocks or episodes may make a verdict on either recipient milder: such a finding ends only where the duty is shown to be met.
WITH left_over AS (
    SELECT b.* FROM base AS b ANTI JOIN tonight AS t ON t.exception_id = b.exception_id WHERE b.is_live
    UNION ALL BY NAME
    SELECT c.* FROM current AS c ANTI JOIN tonight AS t ON t.exception_id = c.exception_id
    WHERE c.is_live AND c.exception_id NOT IN (SELECT exception_id FROM base WHERE is_live)
),
successors AS (
    SELECT other_id, min(episode_id) AS episode_id FROM lineage WHERE change = 'supersedes' GROUP BY other_id
),
replacements AS (  -- by another code of the same duty, of the same episode or of the one that goes on in its place
    SELECT g.exception_id, min(now.rank) AS now_rank, min(was.rank) AS was_rank
    FROM left_over AS g
    JOIN duty_codes AS was ON was.code = g.code
    LEFT JOIN successors AS h ON h.other_id = g.subject_id
    JOIN tonight AS t ON t.subject_id = coalesce(h.episode_id, g.subject_id) AND t.recipient = g.recipient
    JOIN duty_codes AS now ON now.code = t.code
    GROUP BY g.exception_id
),
taken_over AS (
    SELECT DISTINCT g.exception_id
    FROM left_over AS g
    JOIN successors AS h ON h.other_id = g.subject_id
    JOIN tonight AS t ON t.subject_id = h.episode_id AND t.code = g.code AND t.recipient = g.recipient
),
located_notices AS (  -- by every rule of it the notice was given in time
    SELECT episode_id, recipient, bool_and(verdict IN ('met', 'no_number')) AND max(told_earliest) IS NOT NULL AS is_told
    FROM notices
    GROUP BY episode_id, recipient
),
duty_states AS (  -- what tonight shows to be done of the duties to each recipient
    SELECT e.episode_id, d.recipient,
           CASE d.recipient WHEN 'ncmec' THEN e.ncmec_report_id ELSE e.le_report_id END IS NOT NULL AS is_reported,
           CASE d.recipient WHEN 'ncmec' THEN e.ncmec_verdict ELSE e.le_verdict END = 'met'
               AND coalesce(CASE d.recipient WHEN 'ncmec' THEN e.ncmec_state_verdict ELSE e.le_state_verdict END, 'met')
                   IN ('met', 'no_duty', 'no_number') AS is_met,
           d.accepted_earliest IS NOT NULL AS is_accepted, d.is_entered, d.removed_earliest IS NOT NULL AS is_removed,
           coalesce(t.is_told, FALSE) AS is_told
    FROM episodes AS e
    JOIN recipient_duties AS d ON d.episode_id = e.episode_id
    LEFT JOIN located_notices AS t ON t.episode_id = d.episode_id AND t.recipient = d.recipient
),
looked_up AS (
    SELECT g.exception_id, g.code, g.subject_id, g.severity, g.exception_id IN (SELECT exception_id FROM base) AS was_known,
           g.exception_id IN (SELECT exception_id FROM base WHERE is_live) AS was_live,
           EXISTS (SELECT 1 FROM silent_feeds AS s
                   WHERE s.recipient = g.recipient OR list_contains(s.codes, g.code)
                      OR (s.is_all AND NOT starts_with(g.code, 'DQ-'))
                      OR starts_with(g.subject_id, s.feed || ':') OR starts_with(g.subject_id, s.feed || '#')) AS rests_on_silence,
           g.code IN (SELECT code FROM duty_codes) AND EXISTS (SELECT 1 FROM silent_feeds WHERE moves_clocks) AS is_doubtful,
           CASE WHEN l.episode_id IS NOT NULL THEN 'episode:' || l.episode_id
                WHEN g.recipient = 'law_enforcement' AND e.le_report_id IS NOT NULL THEN 'le_reports:' || e.le_report_id
                WHEN g.recipient = 'ncmec' AND e.ncmec_report_id IS NOT NULL THEN 'ncmec_reports:' || e.ncmec_report_id
                ELSE 'no longer found' END AS resolved_by,
           o.exception_id IS NOT NULL AS goes_on,
           CASE WHEN o.exception_id IS NOT NULL THEN 'corrected'
                WHEN f.now_rank < f.was_rank THEN 'worse'
                WHEN f.now_rank > f.was_rank THEN 'milder'
                WHEN s.episode_id IS NULL THEN 'corrected'
                WHEN g.code IN (SELECT code FROM duty_codes) THEN CASE WHEN d.is_met THEN 'done' ELSE 'left' END
                WHEN g.code IN ('RT-01', 'RT-02') THEN CASE WHEN d.is_told THEN 'done' ELSE 'left' END
                WHEN g.code = 'NI-04' THEN CASE WHEN d.is_removed THEN 'done' ELSE 'left' END
                WHEN g.code = 'RT-03' THEN CASE WHEN s.is_back THEN 'done' ELSE 'left' END
                WHEN starts_with(g.code, 'CM-') THEN CASE WHEN s.status = 'open' AND d.is_reported THEN 'done' ELSE 'left' END
                WHEN CASE WHEN g.code = 'LE-04' THEN d.is_accepted
                          WHEN g.code = 'NI-01' THEN d.is_entered
                          WHEN g.code = 'NI-02' THEN s.ncic_verdict = 'met'
                          WHEN g.code = 'NI-03' THEN d.is_entered AND s.status = 'open'
                          WHEN g.code IN ('LE-07', 'NC-09') THEN d.is_reported AND s.status = 'open'
                          WHEN g.code IN ('LE-05', 'NC-04', 'NC-05', 'NC-07', 'NC-12') THEN d.is_reported
                          WHEN g.code = 'RT-05' THEN s.status = 'closed' END
                THEN 'done'
                ELSE 'corrected' END AS ended
    FROM left_over AS g
    LEFT JOIN successors AS l ON l.other_id = g.subject_id
    LEFT JOIN taken_over AS o ON o.exception_id = g.exception_id
    LEFT JOIN replacements AS f ON f.exception_id = g.exception_id
    LEFT JOIN episodes AS s ON s.episode_id = coalesce(l.episode_id, g.subject_id)
    LEFT JOIN duty_states AS d ON d.episode_id = s.episode_id AND d.recipient = g.recipient
    LEFT JOIN episodes AS e ON e.episode_id = g.subject_id
)
SELECT * EXCLUDE (rests_on_silence, is_doubtful),
       rests_on_silence OR (is_doubtful AND ended NOT IN ('worse', 'done') AND NOT goes_on) AS is_held
FROM looked_up
