-- Who is missing at as_of, or may be (spec 6): the list that a supervisor reads first.
-- in:    episode_facts, verdicts, disappeared_episodes, quarantine, known_rows, children, raised_findings, run
-- grain: one row per child. record_state: open; seen (open, and a sighting says where the child is, RC-14);
--        cannot_be_read (a record that may say so was set aside); vanished (RC-09)
WITH judged AS (
    SELECT episode_no,
           min(CASE WHEN duty = 'report_to_le' THEN deadline_earliest END) AS le_due,
           min(CASE WHEN duty = 'report_to_ncmec' THEN deadline_earliest END) AS ncmec_due,
           max(CASE WHEN duty = 'report_to_le' THEN 1 ELSE 0 END) = 1 AS has_le,
           max(CASE WHEN duty = 'report_to_ncmec' THEN 1 ELSE 0 END) = 1 AS has_ncmec,
           max(CASE WHEN duty = 'report_to_le' AND verdict IN ('missing', 'undetermined') THEN 1 ELSE 0 END) = 1 AS le_is_over,
           max(CASE WHEN duty = 'report_to_ncmec' AND verdict IN ('missing', 'undetermined') THEN 1 ELSE 0 END) = 1 AS ncmec_is_over,
           max(CASE WHEN duty = 'report_to_le' AND verdict = 'late' THEN 1 ELSE 0 END) = 1 AS le_is_late,
           max(CASE WHEN duty = 'report_to_ncmec' AND verdict = 'late' THEN 1 ELSE 0 END) = 1 AS ncmec_is_late,
           -- the state asks without a number, or not at all that day, and only the federal limit was surely met
           max(CASE WHEN duty = 'report_to_le' AND level = 'state' AND verdict IN ('no_number', 'no_rule') THEN 1 ELSE 0 END) = 1
               AND max(CASE WHEN duty = 'report_to_le' AND level = 'federal' AND verdict = 'met' THEN 1 ELSE 0 END) = 1
               AS le_is_half_known,
           max(CASE WHEN duty = 'report_to_ncmec' AND level = 'state' AND verdict IN ('no_number', 'no_rule') THEN 1 ELSE 0 END) = 1
               AND max(CASE WHEN duty = 'report_to_ncmec' AND level = 'federal' AND verdict = 'met' THEN 1 ELSE 0 END) = 1
               AS ncmec_is_half_known,
           max(CASE WHEN duty = 'ncic_entry' THEN verdict END) AS ncic_verdict,
           max(CASE WHEN duty = 'ncic_entry' AND done_earliest IS NOT NULL THEN 1 ELSE 0 END) = 1 AS has_entry
    FROM verdicts
    GROUP BY episode_no
),
worst AS (
    SELECT episode_no, max(CASE severity WHEN 'critical' THEN 5 WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2
                                         ELSE 1 END) AS rank
    FROM raised_findings
    WHERE episode_no IS NOT NULL
    GROUP BY episode_no
),
missing AS (
    SELECT f.child_id, CASE WHEN f.is_seen THEN 'seen' ELSE 'open' END AS record_state, 1 AS place, f.episode_id,
           f.began_earliest AS missing_since_earliest, f.began_latest AS missing_since_latest, f.days_missing, f.age, f.reason,
           f.clock_earliest AS informed_earliest, f.clock_latest AS informed_latest,
           CASE WHEN NOT coalesce(j.has_le, FALSE) THEN 'not_owed'
                WHEN NOT run.is_le_checked THEN 'not_checked'
                WHEN f.le_refusals > 0 AND f.le_accepted_record IS NULL THEN 'refused'
                WHEN f.le_counting_id IS NULL AND j.le_is_over THEN 'overdue'
                WHEN f.le_counting_id IS NULL THEN 'not_told'
                WHEN j.le_is_over OR j.le_is_half_known OR f.is_le_no_longer_live THEN 'in_doubt'
                WHEN j.le_is_late THEN 'told_late'
                WHEN f.le_accepted_record IS NULL THEN 'attempted'
                ELSE 'told' END AS le_state,
           j.le_due,
           CASE WHEN f.le_duty = 'not_required' THEN 'not_owed'
                WHEN NOT run.is_le_checked THEN 'not_checked'
                WHEN f.le_accepted_record IS NULL THEN 'not_told'
                WHEN f.ncic_removed_earliest IS NOT NULL AND NOT f.is_ncic_unremoved
                     AND coalesce(f.ncic_last_entered_earliest <= f.ncic_removed_latest, TRUE) THEN 'not_told'
                WHEN NOT j.has_entry AND j.ncic_verdict IN ('missing', 'undetermined') THEN 'overdue'
                WHEN NOT j.has_entry THEN 'not_told'
                WHEN j.ncic_verdict = 'undetermined' THEN 'in_doubt'
                WHEN j.ncic_verdict = 'late' THEN 'told_late'
                ELSE 'told' END AS ncic_state,
           CASE WHEN NOT coalesce(j.has_ncmec, FALSE) THEN 'not_owed'
                WHEN NOT run.is_ncmec_checked THEN 'not_checked'
                WHEN f.ncmec_counting_id IS NULL AND j.ncmec_is_over THEN 'overdue'
                WHEN f.ncmec_counting_id IS NULL THEN 'not_told'
                WHEN j.ncmec_is_over OR j.ncmec_is_half_known OR f.is_ncmec_no_longer_live THEN 'in_doubt'
                WHEN j.ncmec_is_late THEN 'told_late'
                ELSE 'told' END AS ncmec_state,
           j.ncmec_due, coalesce(w.rank, 0) AS worst_rank,
           f.episode_id NOT IN (SELECT episode_id FROM known_rows WHERE state IN ('open', 'gone')) AS is_new
    FROM episode_facts AS f
    CROSS JOIN run
    LEFT JOIN judged AS j ON j.episode_no = f.episode_no
    LEFT JOIN worst AS w ON w.episode_no = f.episode_no
    WHERE f.is_open
    UNION ALL
    SELECT q.child_id, 'cannot_be_read', 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 5,
           q.child_id NOT IN (SELECT child_id FROM known_rows WHERE state = 'unreadable')
    FROM unreadable_children AS q
    UNION ALL
    SELECT v.child_id, 'vanished', 3, v.episode_id, min(k.began_earliest), min(k.began_latest),
           max(whole_days(run.as_of - k.began_earliest)), max(CASE WHEN c.date_of_birth IS NOT NULL
               THEN completed_years(c.date_of_birth, local_day(k.began_earliest)) END),
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 4,
           max(CASE WHEN k.state = 'open' THEN 1 ELSE 0 END) = 1
    FROM disappeared_episodes AS v
    CROSS JOIN run
    JOIN known_rows AS k ON k.episode_id = v.episode_id
    LEFT JOIN children AS c ON c.child_id = v.child_id
    GROUP BY v.child_id, v.episode_id
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY child_id ORDER BY place, missing_since_earliest, episode_id) AS nth
    FROM missing
)
SELECT m.child_id, m.record_state, m.missing_since_earliest, m.missing_since_latest, m.days_missing, m.age, m.reason,
       m.informed_earliest, m.informed_latest, m.le_state, m.le_due, m.ncic_state, m.ncmec_state, m.ncmec_due,
       CASE m.worst_rank WHEN 5 THEN 'critical' WHEN 4 THEN 'high' WHEN 3 THEN 'medium' WHEN 2 THEN 'low' WHEN 1 THEN 'info'
       END AS worst, m.is_new, c.county, c.office, c.caseworker_id, m.episode_id
FROM ranked AS m
LEFT JOIN children AS c ON c.child_id = m.child_id
WHERE m.nth = 1
ORDER BY m.child_id
