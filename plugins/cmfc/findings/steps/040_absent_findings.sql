-- Findings that lived and are not found tonight, with what resolved them; `is_held` where tonight could not tell.
-- `ended`: worse, milder (another code of the same duty took its place), done (the duty was met), left (nothing is owed or
-- may be cleared now), corrected (the records changed; also where it goes on, as the same code of the episode that goes on
-- in its place: `goes_on`).
-- in:    base, current, tonight, duty_codes, lineage, episodes, silent_feeds (feeds that could not be used, and columns that did not come)
-- out:   absent_findings
-- grain: one row per finding that lived after the last earlier night, or after an earlier run of this one
-- No finding ends through the silence of a feed (spec 1): those that need it stay as they were and are not listed.
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
episode_states AS (
    SELECT episode_id, child_id, is_back,
           le_verdict = 'met' AND coalesce(le_state_verdict, 'met') IN ('met', 'no_duty', 'no_number') AS is_le_met,
           ncmec_verdict = 'met' AND coalesce(ncmec_state_verdict, 'met') IN ('met', 'no_duty', 'no_number') AS is_ncmec_met,
           max(CASE WHEN status = 'open' THEN 1 ELSE 0 END) OVER (PARTITION BY child_id) = 1 AS is_missing_again
    FROM episodes
)
SELECT g.exception_id, g.code, g.subject_id, g.severity, g.exception_id IN (SELECT exception_id FROM base) AS was_known,
       g.exception_id IN (SELECT exception_id FROM base WHERE is_live) AS was_live,
       EXISTS (SELECT 1 FROM silent_feeds AS s
               WHERE s.recipient = g.recipient OR list_contains(s.codes, g.code)
                  OR (s.is_all AND NOT starts_with(g.code, 'DQ-'))
                  OR starts_with(g.subject_id, s.feed || ':') OR starts_with(g.subject_id, s.feed || '#')) AS is_held,
       CASE WHEN l.episode_id IS NOT NULL THEN 'episode:' || l.episode_id
            WHEN g.recipient = 'law_enforcement' AND e.le_report_id IS NOT NULL THEN 'le_reports:' || e.le_report_id
            WHEN g.recipient = 'ncmec' AND e.ncmec_report_id IS NOT NULL THEN 'ncmec_reports:' || e.ncmec_report_id
            ELSE 'no longer found' END AS resolved_by,
       o.exception_id IS NOT NULL AS goes_on,
       CASE WHEN o.exception_id IS NOT NULL THEN 'corrected'
            WHEN f.now_rank < f.was_rank THEN 'worse'
            WHEN f.now_rank > f.was_rank THEN 'milder'
            WHEN s.episode_id IS NULL THEN 'corrected'
            WHEN g.code IN (SELECT code FROM duty_codes)
            THEN CASE WHEN CASE g.recipient WHEN 'ncmec' THEN s.is_ncmec_met ELSE s.is_le_met END THEN 'done' ELSE 'left' END
            WHEN g.code IN ('RT-01', 'RT-02', 'NI-04') AND (s.is_missing_again OR NOT s.is_back) THEN 'left'
            WHEN starts_with(g.code, 'LE-') OR starts_with(g.code, 'NC-') OR starts_with(g.code, 'NI-')
                 OR starts_with(g.code, 'RT-') OR starts_with(g.code, 'CM-') THEN 'done'
            ELSE 'corrected' END AS ended
FROM left_over AS g
LEFT JOIN successors AS l ON l.other_id = g.subject_id
LEFT JOIN taken_over AS o ON o.exception_id = g.exception_id
LEFT JOIN replacements AS f ON f.exception_id = g.exception_id
LEFT JOIN episode_states AS s ON s.episode_id = coalesce(l.episode_id, g.subject_id)
LEFT JOIN episodes AS e ON e.episode_id = g.subject_id
