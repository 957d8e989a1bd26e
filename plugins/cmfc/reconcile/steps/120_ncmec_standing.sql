-- How an episode stands with NCMEC: the counting reports, who made them, the return notice (spec 4.2).
-- in:    assigned_reports, episodes, duties, ncmec_reports
-- out:   ncmec_standing
-- grain: one row per episode with a report to NCMEC; columns as in 110_le_standing.sql
WITH report_rows AS (
    SELECT a.episode_no, a.report_id, a.record, a.reported_earliest, a.reported_latest, a.is_ambiguous, a.made_by,
           a.made_by IS NULL OR a.made_by = 'agency'
               OR (a.made_by = 'parent' AND d.obligation = 'third_party') AS is_counting,
           least(coalesce(n.told_located_at_latest, forever()), coalesce(n.closed_at_latest, forever()))
               < coalesce(e.ended_earliest, forever()) AS is_told_early,
           n.told_located_at_earliest AS told_earliest, n.told_located_at_latest AS told_latest
    FROM assigned_reports AS a
    JOIN episodes AS e ON e.episode_no = a.episode_no
    JOIN duties AS d ON d.level = 'federal' AND d.duty = 'report_to_ncmec'
                    AND d.custody = e.ncmec_custody AND d.age_band = e.age_band
    JOIN ncmec_reports AS n ON n.record = a.record
    WHERE a.recipient = 'ncmec' AND a.may_count
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY episode_no
                                 ORDER BY CASE WHEN is_counting THEN 0 ELSE 1 END,
                                          reported_earliest, reported_latest, record) AS nth
    FROM report_rows
)
SELECT episode_no,
       max(CASE WHEN nth = 1 AND is_counting THEN report_id END) AS counting_id,
       max(CASE WHEN nth = 1 AND is_counting THEN record END) AS counting_record,
       min(CASE WHEN is_counting THEN reported_earliest END) AS first_earliest,
       min(CASE WHEN is_counting THEN reported_latest END) AS first_latest,
       min(CASE WHEN is_counting AND NOT is_ambiguous THEN reported_earliest END) AS sure_earliest,
       min(CASE WHEN is_counting AND NOT is_ambiguous THEN reported_latest END) AS sure_latest,
       max(CASE WHEN is_counting THEN reported_latest END) AS last_latest,
       max(CASE WHEN is_counting AND NOT is_told_early THEN 1 WHEN is_counting THEN 0 END) = 0 AS is_no_longer_live,
       max(CASE WHEN made_by = 'law_enforcement' THEN 0 ELSE 1 END) = 0 AS is_from_le_only,
       max(CASE WHEN made_by IS NULL OR made_by = 'agency' THEN 1 ELSE 0 END) = 1 AS is_from_agency,
       min(told_earliest) AS told_earliest, min(told_latest) AS told_latest,
       joined(record) AS evidence
FROM ranked
GROUP BY episode_no
