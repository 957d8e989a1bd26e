-- What the ledger must write so that its rows say what tonight says.
-- in:    lines, current (the ledger's rows as they are)
-- out:   changes
-- grain: one row per finding that is new to the ledger, or whose row changes; `event` is null where only routing did
WITH compared AS (
    SELECT l.*, c.exception_id IS NULL AS is_new_row, coalesce(c.is_live, FALSE) AS lives, c.acknowledged_by AS acknowledged,
           c.severity AS former_severity,
           c.exception_id IS NULL OR NOT c.is_live OR c.row_digest <> l.row_digest OR c.status <> l.life
           OR c.first_seen <> l.first_seen OR l.waiver_ends <> '' OR c.assignee IS DISTINCT FROM l.assignee AS is_changed
    FROM lines AS l
    LEFT JOIN current AS c ON c.exception_id = l.exception_id
)
SELECT exception_id, is_new_row, giver, waiver_ends,
       CASE WHEN NOT lives AND (life = 'new' OR giver IS NOT NULL) THEN 'found'
            WHEN NOT lives AND life = 'reopened' THEN 'reopened'
            WHEN NOT lives THEN 'restored'
            WHEN former_severity <> severity THEN 'severity' END AS event,
       code, subject_id, rule_id, recipient, child_id, episode_id, severity, severity_rank, queue, is_open, county, office,
       caseworker_id, clock_start_earliest, deadline_earliest, facts_digest, row_digest, life AS status, first_seen,
       CASE WHEN lives OR (life = 'open' AND giver IS NULL) THEN acknowledged END AS acknowledged_by,
       assignee, waived_until, CASE WHEN waived_until IS NOT NULL THEN waiver_facts END AS waiver_facts
FROM compared
WHERE is_changed
ORDER BY exception_id
