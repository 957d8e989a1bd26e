-- How an episode stands with law enforcement: the counting report, NCIC, the return notice (spec 4.2).
-- in:    assigned, episodes, duties, le_reports
-- out:   le_standing
-- grain: one row per episode with a report to law enforcement. Moments come packed (see engine.py).
WITH mine AS (
    SELECT a.episode_no, a.report_id, a.record, a.reported_earliest, a.reported_latest, a.is_ambiguous, a.outcome,
           a.outcome IN ('accepted', 'refused', 'told_to_wait')
               OR (a.outcome = 'attempted' AND d.obligation = 'third_party') AS is_counting,
           coalesce(a.outcome = 'accepted', FALSE) AS is_accepted,
           l.told_located_at_latest IS NOT NULL
               AND (e.ended_earliest IS NULL OR l.told_located_at_latest < e.ended_earliest) AS is_told_early,
           packed(l.told_located_at_earliest, l.told_located_at_latest) AS told,
           packed(l.ncic_entered_at_earliest, l.ncic_entered_at_latest) AS entered,
           packed(l.ncic_removed_at_earliest, l.ncic_removed_at_latest) AS removed,
           l.ncic_entered_at_earliest AS entered_earliest,
           l.ncic_entered_at_earliest IS NOT NULL OR l.ncic_number IS NOT NULL AS is_entered
    FROM assigned AS a
    JOIN episodes AS e ON e.episode_no = a.episode_no
    JOIN duties AS d ON d.level = 'federal' AND d.duty = 'report_to_le'
                    AND d.custody = e.custody AND d.age_band = e.age_band
    JOIN le_reports AS l ON l.record = a.record
    WHERE a.recipient = 'law_enforcement' AND a.may_count
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
       min(packed(reported_earliest, reported_latest)) AS first_report,
       sum(CASE WHEN outcome = 'attempted' THEN 1 ELSE 0 END) AS attempts,
       sum(CASE WHEN outcome IN ('refused', 'told_to_wait') THEN 1 ELSE 0 END) AS refusals,
       min(CASE WHEN is_accepted THEN packed(reported_earliest, reported_latest) END) AS accepted,
       min(CASE WHEN is_accepted THEN entered END) AS entered,
       max(CASE WHEN is_accepted AND is_entered THEN 1 ELSE 0 END) = 1 AS is_entered,
       max(CASE WHEN is_accepted THEN removed END) AS last_removed,
       max(CASE WHEN is_accepted THEN entered_earliest END) AS last_entered_earliest,
       max(CASE WHEN is_accepted AND is_entered AND removed IS NULL THEN 1 ELSE 0 END) = 1 AS is_unremoved,
       min(told) AS told,
       joined(record) AS evidence
FROM ranked
GROUP BY episode_no
