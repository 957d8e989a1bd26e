-- Findings that lived and are not found tonight, with what resolved them; `is_held` where tonight could not tell.
-- in:    base, tonight, lineage, episodes, silent (feeds that could not be used, and columns that did not come)
-- out:   gone
-- grain: one row per finding that lived after the last earlier night, or after an earlier run of this one
-- No finding ends through the silence of a feed (spec 1): those that need it stay as they were and are not listed.
WITH left_over AS (
    SELECT b.* FROM base AS b ANTI JOIN tonight AS t ON t.exception_id = b.exception_id WHERE b.is_live
    UNION ALL BY NAME
    SELECT c.* FROM current AS c ANTI JOIN tonight AS t ON t.exception_id = c.exception_id
    WHERE c.is_live AND c.exception_id NOT IN (SELECT exception_id FROM base WHERE is_live)
)
SELECT g.exception_id, g.code, g.subject_id, g.severity, g.exception_id IN (SELECT exception_id FROM base) AS was_known,
       g.exception_id IN (SELECT exception_id FROM base WHERE is_live) AS was_live,
       EXISTS (SELECT 1 FROM silent AS s
               WHERE s.recipient = g.recipient OR list_contains(s.codes, g.code)
                  OR (s.is_all AND NOT starts_with(g.code, 'DQ-'))
                  OR starts_with(g.subject_id, s.feed || ':') OR starts_with(g.subject_id, s.feed || '#')) AS is_held,
       CASE WHEN l.episode_id IS NOT NULL THEN 'episode:' || l.episode_id
            WHEN g.recipient = 'law_enforcement' AND e.le_report_id IS NOT NULL THEN 'le_reports:' || e.le_report_id
            WHEN g.recipient = 'ncmec' AND e.ncmec_report_id IS NOT NULL THEN 'ncmec_reports:' || e.ncmec_report_id
            ELSE 'no longer found' END AS resolved_by
FROM left_over AS g
LEFT JOIN (SELECT other_id, min(episode_id) AS episode_id FROM lineage WHERE change = 'supersedes' GROUP BY other_id) AS l
  ON l.other_id = g.subject_id
LEFT JOIN episodes AS e ON e.episode_id = g.subject_id
