-- How an episode stands with law enforcement: the counting reports, NCIC, the return notice (spec 4.2).
-- in:    assigned_reports, episodes, duties, le_reports
-- out:   le_standing
-- grain: one row per episode with a report to law enforcement. `first_*`: when the first counting report was made;
--        `sure_*`: the same of those that can be for no other episode. `removed_*` is the last removal.
WITH report_rows AS (
    SELECT a.episode_no, a.report_id, a.record, a.reported_earliest, a.reported_latest, a.is_ambiguous, a.outcome,
           a.outcome IN ('accepted', 'refused', 'told_to_wait')
               OR (a.outcome = 'attempted' AND d.obligation = 'third_party') AS is_counting,
           coalesce(a.outcome = 'accepted', FALSE) AS is_accepted,
           l.told_located_at_latest IS NOT NULL
               AND (e.ended_earliest IS NULL OR l.told_located_at_latest < e.ended_earliest) AS is_told_early,
           l.told_located_at_earliest AS told_earliest, l.told_located_at_latest AS told_latest,
           l.ncic_entered_at_earliest AS entered_earliest, l.ncic_entered_at_latest AS entered_latest,
           l.ncic_removed_at_earliest AS removed_earliest, l.ncic_removed_at_latest AS removed_latest,
           coalesce(l.ncic_removal_reason, 'not recorded') AS removal_reason,
           l.ncic_entered_at_earliest IS NOT NULL OR l.ncic_number IS NOT NULL AS is_entered
    FROM assigned_reports AS a
    JOIN episodes AS e ON e.episode_no = a.episode_no
    JOIN duties AS d ON d.level = 'federal' AND d.duty = 'report_to_le'
                    AND d.custody = e.le_custody AND d.age_band = e.age_band
    JOIN le_reports AS l ON l.record = a.record
    WHERE a.recipient = 'law_enforcement' AND a.may_count
),
ranked AS (
    SELECT *,
           row_number() OVER (PARTITION BY episode_no
                              ORDER BY CASE WHEN is_counting THEN 0 ELSE 1 END,
                                       reported_earliest, reported_latest, record) AS nth,
           row_number() OVER (PARTITION BY episode_no
                              ORDER BY CASE WHEN is_accepted THEN 0 ELSE 1 END,
                                       reported_earliest, reported_latest, record) AS nth_accepted,
           row_number() OVER (PARTITION BY episode_no
                              ORDER BY CASE WHEN is_accepted AND entered_earliest IS NOT NULL THEN 0 ELSE 1 END,
                                       entered_earliest, entered_latest) AS nth_entered,
           row_number() OVER (PARTITION BY episode_no
                              ORDER BY CASE WHEN is_accepted AND removed_earliest IS NOT NULL THEN 0 ELSE 1 END,
                                       removed_earliest DESC, removed_latest DESC, removal_reason) AS nth_removed
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
       min(reported_earliest) AS any_earliest,
       sum(CASE WHEN outcome = 'attempted' THEN 1 ELSE 0 END) AS attempts,
       sum(CASE WHEN outcome IN ('refused', 'told_to_wait') THEN 1 ELSE 0 END) AS refusals,
       max(CASE WHEN nth_accepted = 1 AND is_accepted THEN record END) AS accepted_record,
       max(CASE WHEN nth_accepted = 1 AND is_accepted THEN reported_earliest END) AS accepted_earliest,
       max(CASE WHEN nth_accepted = 1 AND is_accepted THEN reported_latest END) AS accepted_latest,
       max(CASE WHEN nth_entered = 1 AND is_accepted THEN entered_earliest END) AS entered_earliest,
       max(CASE WHEN nth_entered = 1 AND is_accepted THEN entered_latest END) AS entered_latest,
       max(CASE WHEN is_accepted AND is_entered THEN 1 ELSE 0 END) = 1 AS is_entered,
       max(CASE WHEN is_accepted THEN entered_earliest END) AS last_entered_earliest,
       max(CASE WHEN nth_removed = 1 AND is_accepted THEN removed_earliest END) AS removed_earliest,
       max(CASE WHEN nth_removed = 1 AND is_accepted THEN removed_latest END) AS removed_latest,
       max(CASE WHEN nth_removed = 1 AND is_accepted AND removed_earliest IS NOT NULL THEN removal_reason END)
           AS removal_reason,
       max(CASE WHEN is_accepted AND is_entered AND removed_earliest IS NULL THEN 1 ELSE 0 END) = 1 AS is_unremoved,
       min(told_earliest) AS told_earliest, min(told_latest) AS told_latest,
       joined(record) AS evidence
FROM ranked
GROUP BY episode_no
