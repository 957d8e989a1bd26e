-- The status of each of tonight's findings, given how the last earlier night left it (spec 5, Life of a finding).
-- in:    tonight, base, actions (of people, in force), inherited, night
-- out:   lines
-- grain: one row per finding of tonight
WITH joined AS (
    SELECT t.*, night.seen_on, i.giver, a.acknowledged_by, coalesce(a.assignee, i.assignee) AS assignee,
           CASE WHEN b.is_live OR i.giver IS NOT NULL THEN 'open'
                WHEN b.exception_id IS NOT NULL THEN 'reopened' ELSE 'new' END AS life,
           coalesce(b.first_seen, i.first_seen, night.seen_on) AS first_seen,
           a.waived_until AS waived_to, a.waiver_facts,
           CASE WHEN a.waived_until IS NULL THEN NULL
                WHEN a.waived_until < night.seen_on THEN 'expired'
                WHEN a.waiver_facts <> t.facts_digest THEN 'facts'
                -- where no clock runs, time makes nothing worse: what is worse tonight was changed in the records
                WHEN t.clock_start_earliest IS NULL
                 AND t.severity_rank < severity_rank(b.severity) THEN 'facts'
                ELSE '' END AS waiver_ends
    FROM tonight AS t
    CROSS JOIN night
    LEFT JOIN base AS b ON b.exception_id = t.exception_id
    LEFT JOIN actions AS a ON a.exception_id = t.exception_id
    LEFT JOIN inherited AS i ON i.exception_id = t.exception_id
)
SELECT *, CASE WHEN waiver_ends = '' THEN waived_to END AS waived_until,
       CASE WHEN waiver_ends = '' THEN 'waived' WHEN life <> 'open' THEN life
            WHEN acknowledged_by IS NOT NULL THEN 'acknowledged' ELSE 'open' END AS status,
       date_diff('day', CAST(first_seen AS DATE), CAST(seen_on AS DATE)) AS age_days
FROM joined
