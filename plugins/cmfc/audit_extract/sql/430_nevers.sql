-- Every `never`, and whether an unusable or unlinked report of that child or of those days is on file.
-- in:    lines, dated, pseudonyms, period_reports, all_reports, night_links, set_aside, request
-- out:   nevers
-- grain: one row per recipient and line without a report that counts, where either view says never
WITH ids AS (
    SELECT p.pseudonym AS episode, d.child_id, d.episode_id, d.began_earliest, d.ended_latest, d.as_of
    FROM dated AS d JOIN pseudonyms AS p ON p.kind = 'episode' AND p.id = d.episode_id
),
owed AS (
    SELECT 'law_enforcement' AS recipient, 'le_reports' AS feed, l.episode, l.child, l.in_audit_population,
           l.le_verdict = 'missing' AS by_statute, coalesce(l.le_state_verdict = 'missing', FALSE) AS by_state,
           NOT l.has_le_report AND l.le_audit_late AND l.le_verdict NOT IN ('not_required', 'not_checked', 'no_rule') AS by_days
    FROM lines AS l
    UNION ALL
    SELECT 'ncmec', 'ncmec_reports', l.episode, l.child, l.in_audit_population, l.ncmec_verdict = 'missing',
           coalesce(l.ncmec_state_verdict = 'missing', FALSE),
           NOT l.has_ncmec_report AND l.ncmec_audit_late
           AND l.ncmec_verdict NOT IN ('not_required', 'not_checked', 'no_rule')
    FROM lines AS l
),
never AS (
    SELECT o.*, i.child_id, i.episode_id, i.began_earliest - 86400 AS from_at,
           coalesce(i.ended_latest, i.as_of) + 2 * 86400 AS to_at
    FROM owed AS o JOIN ids AS i ON i.episode = o.episode
    WHERE o.by_statute OR o.by_state OR coalesce(o.by_days, FALSE)
),
undated AS (
    SELECT n.recipient, n.episode, count(*) AS number
    FROM never AS n JOIN all_reports AS r ON r.feed = n.feed AND r.is_undated AND r.child_id = n.child_id
    GROUP BY ALL
),
refused AS (
    SELECT n.recipient, n.episode, count(DISTINCT s.row) AS number
    FROM never AS n JOIN set_aside AS s ON s.feed = n.feed AND s.effect = 'row' AND s.child_id = n.child_id
    WHERE NOT s.is_undated
    GROUP BY ALL
),
loose AS (  -- reports that belong to nobody yet
    SELECT r.feed, r.reported_earliest, r.reported_latest
    FROM all_reports AS r
    LEFT JOIN night_links AS l ON l.feed = r.feed AND l.report_id = r.record_id
    WHERE NOT r.is_undated AND coalesce(l.method, 'none') IN ('none', 'candidate')
),
begun AS (  -- how many of them had been made by a time, at the earliest
    SELECT feed, reported_earliest AS at, sum(count(*)) OVER (PARTITION BY feed ORDER BY reported_earliest) AS number
    FROM loose GROUP BY feed, reported_earliest
),
done AS (  -- and at the latest
    SELECT feed, reported_latest AS at, sum(count(*)) OVER (PARTITION BY feed ORDER BY reported_latest) AS number
    FROM loose GROUP BY feed, reported_latest
),
unlinked AS (  -- those that may lie in these days: begun by their end, and not all over before them
    SELECT n.recipient, n.episode, nullif(CAST(coalesce(b.number, 0) - coalesce(d.number, 0) AS BIGINT), 0) AS number
    FROM never AS n
    ASOF LEFT JOIN begun AS b ON b.feed = n.feed AND n.to_at >= b.at
    ASOF LEFT JOIN done AS d ON d.feed = n.feed AND n.from_at > d.at
),
other AS (  -- linked to the child, made in these days, and not the report that counts: refused, attempted, by another
    SELECT n.recipient, n.episode, count(*) AS number
    FROM never AS n
    JOIN night_links AS l ON l.feed = n.feed AND l.child_id = n.child_id AND l.method NOT IN ('none', 'candidate')
    JOIN all_reports AS r ON r.feed = l.feed AND r.record_id = l.report_id
     AND r.reported_latest >= n.from_at AND r.reported_earliest <= n.to_at
    GROUP BY ALL
)
SELECT n.recipient, n.episode, n.child, n.in_audit_population, n.by_statute, n.by_state,
       coalesce(n.by_days, FALSE) AS by_calendar_days, coalesce(u.number, 0) AS undated_of_child,
       coalesce(r.number, 0) AS set_aside_of_child, coalesce(k.number, 0) AS unlinked_of_days,
       coalesce(t.number, 0) AS not_counting_of_days,
       coalesce(u.number, r.number, k.number, t.number) IS NOT NULL AS is_in_doubt
FROM never AS n
LEFT JOIN undated AS u ON u.recipient = n.recipient AND u.episode = n.episode
LEFT JOIN refused AS r ON r.recipient = n.recipient AND r.episode = n.episode
LEFT JOIN unlinked AS k ON k.recipient = n.recipient AND k.episode = n.episode
LEFT JOIN other AS t ON t.recipient = n.recipient AND t.episode = n.episode
