-- Of each duty to report in each episode the worst that is to be said, and by which rule (spec 5).
-- in:    facts, run
-- out:   breaches
-- grain: one row per episode and duty to report of which anything is to be said
--   kind        missing (or in doubt, and nothing was reported), late, in_doubt, due, ended_first: the worst of the duty
--   the rule is, of those that are broken so, the one of the strongest basis, then of the earliest deadline, then the state's
WITH kinds AS (
    SELECT *, CASE WHEN counting_id IS NULL AND verdict IN ('missing', 'undetermined') AND obligation <> 'review' THEN 1
                   WHEN verdict = 'late' AND obligation <> 'review' THEN 2
                   WHEN verdict = 'undetermined' AND obligation <> 'review' THEN 3
                   WHEN verdict = 'pending' AND is_open AND counting_id IS NULL AND obligation <> 'review' THEN 4
                   WHEN verdict = 'ended_first' AND counting_id IS NULL THEN 5 END AS rank
    FROM facts
    WHERE is_report_duty AND level <> 'advice'
),
ranked AS (
    SELECT *,
           row_number() OVER (PARTITION BY episode_no, duty
                              ORDER BY rank, strength, coalesce(deadline_earliest, forever()),
                                       coalesce(deadline_latest, forever()),
                                       CASE level WHEN 'state' THEN 0 ELSE 1 END) AS nth,
           max(CASE WHEN verdict = 'missing' THEN 1 ELSE 0 END) OVER same AS has_missing,
           max(CASE WHEN is_verified THEN 1 ELSE 0 END) OVER same AS has_verified,
           min(deadline_earliest) OVER same AS first_deadline
    FROM kinds
    WHERE rank IS NOT NULL
    WINDOW same AS (PARTITION BY episode_no, duty, rank)
)
SELECT ranked.* EXCLUDE (nth, rank, has_missing, has_verified, first_deadline),
       CASE rank WHEN 1 THEN 'missing' WHEN 2 THEN 'late' WHEN 3 THEN 'in_doubt' WHEN 4 THEN 'due' ELSE 'ended_first' END AS kind,
       -- which of the check's sentences is true; of a child who may be missing tonight none says that it is back
       CASE WHEN rank = 1 AND has_untimed THEN CASE WHEN is_open THEN 'untimed_open' ELSE 'untimed_closed' END
            WHEN rank = 1 AND is_open THEN CASE WHEN verdict = 'missing' THEN 'open' ELSE 'open_in_doubt' END
            WHEN rank = 1 THEN CASE WHEN may_clear THEN 'back' ELSE 'closed' END
            WHEN rank = 5 THEN CASE WHEN may_clear THEN 'back' WHEN is_back THEN 'closed' ELSE 'left_care' END END AS state,
       CASE WHEN obligation = 'third_party' AND is_open THEN 'third_party' END AS next_state,
       concat_ws('', CASE WHEN attempts > 0 AND obligation <> 'third_party'
                   THEN ' Attempts that do not count: ' || attempts || '.' END,
              ' Perhaps it was told: a person must say whether these reports are about the child: ' || sentence_of(undecided) || '.',
              ' Perhaps it was told: these reports are held against another absence of the child: ' || sentence_of(elsewhere) || '.',
              CASE WHEN rank = 3 AND is_second_run_untold THEN ' It is from before a second run, which was written while the first record was open.' END)
           AS detail,
       CASE WHEN rank = 1 AND is_open AND has_verified = 1 THEN 'critical'
            WHEN rank = 1 AND (is_open OR has_missing = 1 OR has_untimed) THEN 'high'
            WHEN rank = 2 AND is_open THEN 'high'
            WHEN rank = 4 AND first_deadline - run.as_of < hours(12) THEN 'high'
            WHEN rank = 5 THEN 'low' ELSE 'medium' END AS severity
FROM ranked
CROSS JOIN run
WHERE nth = 1
