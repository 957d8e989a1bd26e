-- The state of the findings after the nights before one, by what had been written until then.
-- in:    events (finding_events written until then), ledger_rows (for the columns that never change), night
-- out:   base
-- grain: one row per finding that some earlier night had found
WITH earlier AS (
    SELECT e.exception_id, e.kind, e.seq * 100000000 + e.ordinal AS position,
           json_extract_string(e.detail, '$.severity') AS severity,
           json_extract_string(e.detail, '$.first_seen') AS first_seen
    FROM events AS e
    CROSS JOIN night
    WHERE e.night < night.business_date
),
folded AS (
    SELECT exception_id,
           arg_max(kind, position) FILTER (WHERE kind IN ('found', 'reopened', 'restored', 'resolved', 'withdrawn')) AS last_kind,
           arg_max(severity, position) FILTER (WHERE severity IS NOT NULL) AS severity,
           arg_max(first_seen, position) FILTER (WHERE kind = 'found') AS first_seen
    FROM earlier
    GROUP BY exception_id
)
SELECT f.exception_id, k.code, k.subject_id, k.rule_id, k.recipient, f.severity,
       f.last_kind IN ('found', 'reopened', 'restored') AS is_live, f.first_seen
FROM folded AS f
JOIN ledger_rows AS k ON k.exception_id = f.exception_id
WHERE f.last_kind <> 'withdrawn'
