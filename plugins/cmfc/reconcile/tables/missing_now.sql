-- Who is missing at as_of, or may be (spec 6): the list that a supervisor reads first.
-- in:    episode_facts, episode_recipients, recipients, verdicts, disappeared_episodes, unreadable_records, known_rows, children, raised_findings, run
-- grain: one row per child. record_state: open; seen (open, and a sighting says where the child is, RC-14);
--        cannot_be_read (a record that may say so was set aside); vanished (RC-09)
WITH judged AS (
    SELECT v.episode_no, v.recipient, min(v.deadline_earliest) AS due,
           max(CASE WHEN v.verdict IN ('missing', 'undetermined') THEN 1 ELSE 0 END) = 1 AS is_over,
           max(CASE WHEN v.verdict = 'late' THEN 1 ELSE 0 END) = 1 AS is_late,
           -- the state asks without a number, or not at all that day, and only the federal limit was surely met
           max(CASE WHEN v.level = 'state' AND v.verdict IN ('no_number', 'no_rule') THEN 1 ELSE 0 END) = 1
               AND max(CASE WHEN v.level = 'federal' AND v.verdict = 'met' THEN 1 ELSE 0 END) = 1 AS is_half_known
    FROM verdicts AS v
    JOIN recipients AS r ON r.report_duty = v.duty
    GROUP BY v.episode_no, v.recipient
),
states AS (  -- how each recipient stands; only law enforcement's answers tell a refused or attempted report from one that was told
    SELECT f.episode_no, f.recipient, j.due,
           CASE WHEN j.episode_no IS NULL THEN 'not_owed'
                WHEN NOT f.is_checked THEN 'not_checked'
                WHEN f.refusals > 0 AND e.accepted_record IS NULL THEN 'refused'
                WHEN f.counting_id IS NULL AND j.is_over THEN 'overdue'
                WHEN f.counting_id IS NULL THEN 'not_told'
                WHEN j.is_over OR j.is_half_known OR f.is_no_longer_live THEN 'in_doubt'
                WHEN j.is_late THEN 'told_late'
                WHEN f.recipient = 'law_enforcement' AND e.accepted_record IS NULL THEN 'attempted'
                ELSE 'told' END AS state
    FROM episode_recipients AS f
    JOIN episode_facts AS e ON e.episode_no = f.episode_no
    LEFT JOIN judged AS j ON j.episode_no = f.episode_no AND j.recipient = f.recipient
),
entries AS (
    SELECT episode_no, max(verdict) AS verdict, max(CASE WHEN done_earliest IS NOT NULL THEN 1 ELSE 0 END) = 1 AS has_entry
    FROM verdicts
    WHERE duty = 'ncic_entry'
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
           le.state AS le_state, le.due AS le_due,
           CASE WHEN NOT d.is_owed THEN 'not_owed'
                WHEN NOT d.is_checked THEN 'not_checked'
                WHEN f.accepted_record IS NULL OR f.is_out_of_ncic THEN 'not_told'
                WHEN NOT coalesce(n.has_entry, FALSE) AND n.verdict IN ('missing', 'undetermined') THEN 'overdue'
                WHEN NOT coalesce(n.has_entry, FALSE) THEN 'not_told'
                WHEN n.verdict = 'undetermined' THEN 'in_doubt'
                WHEN n.verdict = 'late' THEN 'told_late'
                ELSE 'told' END AS ncic_state,
           nc.state AS ncmec_state, nc.due AS ncmec_due, coalesce(w.rank, 0) AS worst_rank,
           b.episode_id IS NULL AS is_new
    FROM episode_facts AS f
    JOIN episode_recipients AS d ON d.episode_no = f.episode_no AND d.recipient = 'law_enforcement'
    JOIN states AS le ON le.episode_no = f.episode_no AND le.recipient = 'law_enforcement'
    JOIN states AS nc ON nc.episode_no = f.episode_no AND nc.recipient = 'ncmec'
    LEFT JOIN entries AS n ON n.episode_no = f.episode_no
    LEFT JOIN worst AS w ON w.episode_no = f.episode_no
    LEFT JOIN (SELECT DISTINCT episode_id FROM known_rows WHERE state IN ('open', 'gone')) AS b ON b.episode_id = f.episode_id
    WHERE f.is_open
    UNION ALL
    SELECT q.child_id, 'cannot_be_read', 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 5,
           b.child_id IS NULL
    FROM (SELECT DISTINCT child_id FROM unreadable_records) AS q
    LEFT JOIN (SELECT DISTINCT child_id FROM known_rows WHERE state = 'unreadable') AS b ON b.child_id = q.child_id
    UNION ALL
    SELECT v.child_id, 'vanished', 3, CASE WHEN v.was_unreadable THEN NULL ELSE v.episode_id END, min(k.began_earliest), min(k.began_latest),
           max(whole_days(run.as_of - k.began_earliest)), max(CASE WHEN c.date_of_birth IS NOT NULL
               THEN completed_years(c.date_of_birth, local_day(k.began_earliest)) END),
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 4,
           max(CASE WHEN k.state IN ('open', 'unreadable', 'unproven') THEN 1 ELSE 0 END) = 1
    FROM disappeared_episodes AS v
    CROSS JOIN run
    JOIN known_rows AS k ON k.episode_id = v.episode_id
    LEFT JOIN children AS c ON c.child_id = v.child_id
    GROUP BY v.child_id, v.episode_id, v.was_unreadable
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
