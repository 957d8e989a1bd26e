-- What law enforcement did with the reports that it accepted: entries into NCIC and removals from it (spec 4.2).
-- in:    assigned_reports, le_reports
-- out:   ncic_status
-- grain: one row per episode with an accepted report. `entered_*`: the first entry; `removed_*`: the last removal
WITH accepted_rows AS (
    SELECT a.episode_no, a.record, a.reported_earliest, a.reported_latest,
           l.ncic_entered_at_earliest AS entered_earliest, l.ncic_entered_at_latest AS entered_latest,
           l.ncic_removed_at_earliest AS removed_earliest, l.ncic_removed_at_latest AS removed_latest,
           coalesce(l.ncic_removal_reason, 'not recorded') AS removal_reason,
           l.ncic_entered_at_earliest IS NOT NULL OR l.ncic_number IS NOT NULL AS is_entered
    FROM assigned_reports AS a
    JOIN le_reports AS l ON l.record = a.record
    WHERE a.recipient = 'law_enforcement' AND a.may_count AND a.outcome = 'accepted'
),
ranked AS (
    SELECT *,
           row_number() OVER (PARTITION BY episode_no ORDER BY reported_earliest, reported_latest, record) AS nth_accepted,
           row_number() OVER (PARTITION BY episode_no
                              ORDER BY CASE WHEN entered_earliest IS NOT NULL THEN 0 ELSE 1 END,
                                       entered_earliest, entered_latest) AS nth_entered,
           row_number() OVER (PARTITION BY episode_no
                              ORDER BY CASE WHEN removed_earliest IS NOT NULL THEN 0 ELSE 1 END,
                                       removed_earliest DESC, removed_latest DESC, removal_reason) AS nth_removed
    FROM accepted_rows
)
SELECT episode_no,
       max(CASE WHEN nth_accepted = 1 THEN record END) AS accepted_record,
       max(CASE WHEN nth_accepted = 1 THEN reported_earliest END) AS accepted_earliest,
       max(CASE WHEN nth_accepted = 1 THEN reported_latest END) AS accepted_latest,
       max(CASE WHEN nth_entered = 1 THEN entered_earliest END) AS entered_earliest,
       max(CASE WHEN nth_entered = 1 THEN entered_latest END) AS entered_latest,
       max(CASE WHEN is_entered THEN 1 ELSE 0 END) = 1 AS is_entered,
       max(entered_earliest) AS last_entered_earliest,
       max(CASE WHEN nth_removed = 1 THEN removed_earliest END) AS removed_earliest,
       max(CASE WHEN nth_removed = 1 THEN removed_latest END) AS removed_latest,
       max(CASE WHEN nth_removed = 1 AND removed_earliest IS NOT NULL THEN removal_reason END) AS removal_reason,
       max(CASE WHEN is_entered AND removed_earliest IS NULL THEN 1 ELSE 0 END) = 1 AS is_unremoved
FROM ranked
GROUP BY episode_no
