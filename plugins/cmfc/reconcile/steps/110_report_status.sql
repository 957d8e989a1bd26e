-- How an episode stands with each recipient: the counting reports, who made them, the located notice (spec 4.2).
-- in:    assigned_reports, episodes, episode_duties
-- out:   report_status
-- grain: one row per episode and recipient with a report. `first_*`: when the first counting report was made; `sure_*`: the
--        same of those that can be for no other episode; `told_*`: when the recipient was told that the child was located.
WITH report_rows AS (
    SELECT a.*, a.counts_for = 'everybody' OR (a.counts_for = 'third_party' AND d.obligation = 'third_party') AS is_counting,
           coalesce(a.closed_latest, forever()) < coalesce(e.ended_earliest, forever()) AS is_closed_early
    FROM assigned_reports AS a
    JOIN episodes AS e ON e.episode_no = a.episode_no
    JOIN episode_duties AS d ON d.episode_no = a.episode_no AND d.recipient = a.recipient
    WHERE a.may_count
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY episode_no, recipient
                                 ORDER BY CASE WHEN is_counting THEN 0 ELSE 1 END,
                                          reported_earliest, reported_latest, record) AS nth
    FROM report_rows
)
SELECT episode_no, recipient,
       max(CASE WHEN nth = 1 AND is_counting THEN report_id END) AS counting_id,
       max(CASE WHEN nth = 1 AND is_counting THEN record END) AS counting_record,
       min(CASE WHEN is_counting THEN reported_earliest END) AS first_earliest,
       min(CASE WHEN is_counting THEN reported_latest END) AS first_latest,
       min(CASE WHEN is_counting AND NOT is_ambiguous THEN reported_earliest END) AS sure_earliest,
       min(CASE WHEN is_counting AND NOT is_ambiguous THEN reported_latest END) AS sure_latest,
       max(CASE WHEN is_counting THEN reported_latest END) AS last_latest,
       max(CASE WHEN is_counting AND NOT is_closed_early THEN 1 WHEN is_counting THEN 0 END) = 0 AS is_no_longer_live,
       min(reported_earliest) AS any_earliest,
       sum(CASE WHEN outcome = 'attempted' THEN 1 ELSE 0 END) AS attempts,
       sum(CASE WHEN outcome IN ('refused', 'told_to_wait') THEN 1 ELSE 0 END) AS refusals,
       max(CASE WHEN made_by = 'law_enforcement' THEN 0 ELSE 1 END) = 0 AS is_from_le_only,
       max(CASE WHEN made_by IS NULL OR made_by = 'agency' THEN 1 ELSE 0 END) = 1 AS is_from_agency,
       min(told_earliest) AS told_earliest, min(told_latest) AS told_latest,
       joined(record) AS evidence
FROM ranked
GROUP BY episode_no, recipient
