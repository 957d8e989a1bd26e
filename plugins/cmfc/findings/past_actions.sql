-- Actions of people on the findings, by what had been written until then.
-- in:    events, assignments (those in force), waivers (those in force)
-- out:   actions
-- grain: one row per finding with an action in force; an acknowledgement ends when the finding is found anew or comes back, or is taken back
WITH acknowledged AS (
    SELECT exception_id, arg_max(actor, seq) FILTER (WHERE kind = 'acknowledged') AS acknowledged_by
    FROM events
    GROUP BY exception_id
    HAVING max(seq) FILTER (WHERE kind = 'acknowledged') > coalesce(max(seq) FILTER (WHERE kind IN ('reopened', 'found', 'unacknowledged')), 0)
),
named AS (
    SELECT exception_id FROM acknowledged UNION SELECT exception_id FROM assignments UNION SELECT exception_id FROM waivers
)
SELECT n.exception_id, a.acknowledged_by, g.assignee, w.until AS waived_until, w.facts_digest AS waiver_facts
FROM named AS n
LEFT JOIN acknowledged AS a ON a.exception_id = n.exception_id
LEFT JOIN assignments AS g ON g.exception_id = n.exception_id
LEFT JOIN waivers AS w ON w.exception_id = n.exception_id
