-- From every row that came in down to both populations (spec 6, The audit extract).
-- in:    accounting, placed_rows, dated, lines
-- out:   funnel
-- grain: one row per step, feed and item; what remains is counted, and Python asserts that it adds up
WITH accepted AS (
    SELECT feed, number FROM accounting WHERE item = 'accepted'
),
steps AS (
    SELECT 1 AS step, 'rows' AS counted, 'in' AS effect, feed, 'pulled' AS item, number
    FROM accounting WHERE item = 'pulled'
    UNION ALL
    SELECT 2, 'rows', 'out', feed, item, number
    FROM accounting WHERE item IN ('quarantined', 'voided', 'collapsed')
    UNION ALL
    SELECT 3, 'rows', 'left', feed, 'accepted', number FROM accepted
    UNION ALL
    SELECT 4, 'rows', 'out', 'placements', 'ordinary_placement',
           (SELECT number FROM accepted WHERE feed = 'placements')
           - (SELECT count(*) FROM placed_rows WHERE feed = 'placements')
    UNION ALL
    SELECT 4, 'rows', 'out', feed, item, count(*) FROM placed_rows
    WHERE item IN ('not_begun', 'recorded_in_error', 'planned', 'away_known', 'unapproved_known') GROUP BY feed, item
    UNION ALL
    SELECT 5, 'rows', 'left', f.feed, 'evidence', count(r.id)
    FROM accepted AS f
    LEFT JOIN placed_rows AS r
      ON r.feed = f.feed AND r.item IN ('opens_episode', 'same_episode', 'whereabouts_known', 'lost')
    GROUP BY f.feed
    UNION ALL
    SELECT 6, 'rows', 'out', feed, item, count(*) FROM placed_rows
    WHERE item IN ('same_episode', 'whereabouts_known', 'lost') GROUP BY feed, item
    UNION ALL
    SELECT 7, 'episodes', 'left', NULL, 'episodes', count(*) FROM dated
    UNION ALL
    SELECT 8, 'episodes', 'out', NULL, item, count(*) FROM dated
    WHERE item IN ('began_after_the_period', 'ended_before_the_period') GROUP BY item
    UNION ALL
    SELECT 9, 'episodes', 'left', NULL, 'statute_population', count(*) FROM lines
    UNION ALL
    SELECT 10, 'episodes', 'out', NULL, item, count(*) FROM dated
    WHERE item = 'shorter_than_two_calendar_days' GROUP BY item
    UNION ALL
    SELECT 11, 'episodes', 'left', NULL, 'audit_population', count(*) FROM lines WHERE in_audit_population
)
SELECT step, counted, effect, feed, item, number FROM steps
