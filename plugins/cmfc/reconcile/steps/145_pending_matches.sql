-- Reports that may be for an episode and make nobody look reported: named in its findings (spec 4.1.5, 4.2).
-- in:    linked_reports, matches, report_episodes, episodes
-- out:   pending_matches
-- grain: one row per episode and recipient. `undecided`: whose child a person must say, by the outer limits of 4.2;
--        `elsewhere`: held against another episode of the child, and perhaps for this one (ID-06)
WITH candidates AS (
    SELECT r.*, coalesce(m.child_id, r.carried_id) AS candidate_id
    FROM linked_reports AS r
    LEFT JOIN matches AS m ON m.feed = r.feed AND m.report_id = r.record_id
    WHERE r.method = 'candidate' AND coalesce(m.child_id, r.carried_id) IS NOT NULL
),
named AS (
    SELECT e.episode_no, r.recipient, r.record AS undecided, CAST(NULL AS VARCHAR) AS elsewhere
    FROM candidates AS r
    JOIN episodes AS e ON e.child_id = r.candidate_id
    WHERE NOT r.is_untimed AND r.reported_latest >= e.began_earliest - before_begin_limit()
      AND (r.reported_earliest <= coalesce(e.ended_latest, forever()) + after_end_limit()
           OR begin_distance(e.began_earliest, e.began_latest, r.missing_since_earliest, r.missing_since_latest)
              <= begin_limit())
    UNION ALL
    SELECT h.episode_no, r.recipient, NULL, r.record
    FROM report_episodes AS h
    JOIN linked_reports AS r ON r.record = h.record
    WHERE h.is_possible AND h.nth > 1
)
SELECT episode_no, recipient, joined(undecided) AS undecided, joined(elsewhere) AS elsewhere
FROM named
GROUP BY episode_no, recipient
