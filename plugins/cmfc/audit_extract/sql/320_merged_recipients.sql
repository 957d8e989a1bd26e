-- What each joined episode owes each recipient, and what any agency did about it.
-- in:    joined_lines, obligations (obligation, rank)
-- out:   merged_recipients
-- grain: one row per joined episode and recipient. The strongest duty of any agency stands; the first report of any counts
WITH by_recipient AS (
    SELECT joined_no, began_earliest, agency, episode, 'law_enforcement' AS recipient, le_duty AS obligation,
           le_custody AS custody, le_custody_from AS custody_from, le_reported_earliest AS reported_earliest,
           le_reported_latest AS reported_latest, le_sure_earliest AS sure_earliest, le_sure_latest AS sure_latest,
           le_doubt AS doubt, le_told_earliest AS told_earliest, le_told_latest AS told_latest
    FROM joined_lines
    UNION ALL
    SELECT joined_no, began_earliest, agency, episode, 'ncmec', ncmec_duty, ncmec_custody, ncmec_custody_from,
           ncmec_reported_earliest, ncmec_reported_latest, ncmec_sure_earliest, ncmec_sure_latest, ncmec_doubt,
           ncmec_told_earliest, ncmec_told_latest
    FROM joined_lines
),
ranked AS (
    SELECT b.*, row_number() OVER (PARTITION BY joined_no, recipient
                                   ORDER BY o.rank, b.custody_from NULLS FIRST, b.began_earliest, b.agency, b.episode) AS nth
    FROM by_recipient AS b JOIN obligations AS o ON o.obligation = b.obligation
)
SELECT joined_no, recipient,
       max(CASE WHEN nth = 1 THEN custody END) AS custody, max(CASE WHEN nth = 1 THEN obligation END) AS obligation,
       max(CASE WHEN nth = 1 THEN custody_from END) AS custody_from,
       min(reported_earliest) AS reported_earliest, min(reported_latest) AS reported_latest,
       min(sure_earliest) AS sure_earliest, min(sure_latest) AS sure_latest,
       bool_or(doubt IN ('second_run', 'both')) AS is_doubtful, bool_or(doubt IN ('untimed_report', 'both')) AS has_untimed,
       min(told_earliest) AS told_earliest, min(told_latest) AS told_latest
FROM ranked
GROUP BY joined_no, recipient
