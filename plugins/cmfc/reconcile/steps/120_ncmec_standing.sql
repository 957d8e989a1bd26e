-- How an episode stands with NCMEC: the counting report, who made it, the return notice (spec 4.2).
-- in:    assigned, episodes, duties, ncmec_reports
-- out:   ncmec_standing
-- grain: one row per episode with a report to NCMEC. Moments come packed (see engine.py).
WITH mine AS (
    SELECT a.episode_no, a.report_id, a.record, a.reported_earliest, a.reported_latest, a.is_ambiguous, a.made_by,
           a.made_by IS NULL OR a.made_by = 'agency'
               OR (a.made_by = 'parent' AND d.obligation = 'third_party') AS is_counting,
           least(coalesce(n.told_located_at_latest, forever()), coalesce(n.closed_at_latest, forever()))
               < coalesce(e.ended_earliest, forever()) AS is_told_early,
           packed(n.told_located_at_earliest, n.told_located_at_latest) AS told
    FROM assigned AS a
    JOIN episodes AS e ON e.episode_no = a.episode_no
    JOIN duties AS d ON d.level = 'federal' AND d.duty = 'report_to_ncmec'
                    AND d.custody = e.custody AND d.age_band = e.age_band
    JOIN ncmec_reports AS n ON n.record = a.record
    WHERE a.recipient = 'ncmec' AND a.may_count
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY episode_no
                                 ORDER BY CASE WHEN is_counting THEN 0 ELSE 1 END,
                                          reported_earliest, reported_latest, record) AS nth
    FROM mine
)
SELECT episode_no,
       max(CASE WHEN nth = 1 AND is_counting THEN report_id END) AS counting_id,
       max(CASE WHEN nth = 1 AND is_counting THEN record END) AS counting_record,
       max(CASE WHEN nth = 1 AND is_counting THEN reported_earliest END) AS counting_earliest,
       max(CASE WHEN nth = 1 AND is_counting THEN reported_latest END) AS counting_latest,
       max(CASE WHEN nth = 1 AND is_counting AND is_ambiguous THEN 1 ELSE 0 END) = 1 AS is_ambiguous,
       max(CASE WHEN is_counting AND NOT is_told_early THEN 1 WHEN is_counting THEN 0 END) = 0 AS is_no_longer_live,
       max(CASE WHEN made_by = 'law_enforcement' THEN 0 ELSE 1 END) = 0 AS is_from_le_only,
       min(told) AS told,
       joined(record) AS evidence
FROM ranked
GROUP BY episode_no
