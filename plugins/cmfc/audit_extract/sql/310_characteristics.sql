-- What auditors ask of each episode beyond its verdicts: of the child, the place left, the report, and work afterwards.
-- in:    dated, pseudonyms, lines, of_children, of_custody, of_returns (feeds with every column of today's catalogue),
--        checked_placements, checked_contacts, checked_le_reports, checked_ncmec_reports, night_episode_rows, used, request
-- out:   characteristics
-- grain: one row per line of `lines`. What the agency does not deliver is empty: not recorded
WITH own AS (
    SELECT d.*, p.pseudonym AS episode, coalesce(d.ended_earliest, d.as_of) AS until
    FROM dated AS d
    JOIN pseudonyms AS p ON p.kind = 'episode' AND p.id = d.episode_id
    WHERE d.item IN ('audit', 'shorter_than_two_calendar_days')
),
places AS (
    SELECT o.episode_id, p.setting,
           row_number() OVER (PARTITION BY o.episode_id ORDER BY p.began_at_earliest DESC, p.record_id DESC) AS nth
    FROM own AS o
    JOIN checked_placements AS p ON p.child_id = o.child_id AND p.began_at_earliest <= o.began_latest
    WHERE is_ordinary_setting(p.setting)
),
orders AS (
    SELECT o.episode_id, c.conservatorship,
           row_number() OVER (PARTITION BY o.episode_id ORDER BY c.began_at_earliest DESC, c.record_id DESC) AS nth
    FROM own AS o
    JOIN of_custody AS c ON c.child_id = o.child_id AND c.began_at_earliest <= o.began_latest
     AND coalesce(c.ended_at_latest >= o.began_earliest, TRUE)
),
work AS (
    SELECT e.episode_id, min(local_day(r.interviewed_at_earliest)) AS interviewed_day,
           min(local_day(r.screened_for_trafficking_at_earliest)) AS screened_day, bool_or(r.trafficked) AS trafficked
    FROM night_episode_rows AS e
    JOIN of_returns AS r ON e.feed = 'returns' AND r.record_id = e.id
    GROUP BY e.episode_id
),
moments AS (  -- of contact with each party, with the begin and the end, to find the longest silence
    SELECT o.episode_id, c.party, local_day(c.contacted_at_earliest) AS day, TRUE AS is_contact
    FROM own AS o
    JOIN checked_contacts AS c ON c.child_id = o.child_id
     AND c.contacted_at_latest >= o.began_earliest AND c.contacted_at_earliest <= o.until
    UNION ALL
    SELECT o.episode_id, t.party, t.day, FALSE
    FROM own AS o
    CROSS JOIN LATERAL (VALUES ('law_enforcement', o.began_day), ('ncmec', o.began_day),
                               ('law_enforcement', local_day(o.until)), ('ncmec', local_day(o.until))) AS t(party, day)
),
gaps AS (
    SELECT episode_id, party, is_contact,
           day - lag(day) OVER (PARTITION BY episode_id, party ORDER BY day, is_contact) AS gap
    FROM moments
),
silence AS (
    SELECT episode_id, count(*) FILTER (party = 'law_enforcement' AND is_contact) AS le_contacts,
           max(gap) FILTER (party = 'law_enforcement') AS le_longest_gap_days,
           count(*) FILTER (party = 'ncmec' AND is_contact) AS ncmec_contacts,
           max(gap) FILTER (party = 'ncmec') AS ncmec_longest_gap_days
    FROM gaps GROUP BY episode_id
)
SELECT o.episode, k.sex, k.race, k.ethnicity, p.setting AS setting_left, c.conservatorship, w.trafficked,
       local_day(o.until) - o.began_day AS days,
       o.began_day < k.came_of_age_day AND k.came_of_age_day <= local_day(o.until) AS came_of_age,
       CASE WHEN used.returns THEN w.interviewed_day - o.ended_day END AS interviewed_after_days,
       CASE WHEN used.returns THEN w.screened_day - o.ended_day END AS screened_after_days,
       CASE WHEN used.contacts THEN s.le_contacts END AS le_contacts,
       CASE WHEN used.contacts THEN s.le_longest_gap_days END AS le_longest_gap_days,
       CASE WHEN used.contacts THEN s.ncmec_contacts END AS ncmec_contacts,
       CASE WHEN used.contacts THEN s.ncmec_longest_gap_days END AS ncmec_longest_gap_days,
       CASE WHEN l.record_id IS NOT NULL THEN l.agency_name IS NOT NULL END AS le_has_agency,
       CASE WHEN l.record_id IS NOT NULL THEN l.report_number IS NOT NULL END AS le_has_number,
       CASE WHEN l.record_id IS NOT NULL THEN l.ncic_number IS NOT NULL END AS le_has_ncic_number,
       CASE WHEN l.record_id IS NOT NULL THEN l.ncic_entered_at_earliest IS NOT NULL END AS le_has_ncic_time,
       CASE WHEN n.record_id IS NOT NULL THEN n.ncmec_case_number IS NOT NULL END AS ncmec_has_number,
       n.has_photo AS ncmec_has_photo, n.has_description AS ncmec_has_description,
       n.has_circumstances AS ncmec_has_circumstances, n.has_endangerments AS ncmec_has_endangerments,
       n.has_guardian_contact AS ncmec_has_guardian_contact
FROM own AS o
CROSS JOIN used
LEFT JOIN of_children AS k ON k.child_id = o.child_id
LEFT JOIN places AS p ON p.episode_id = o.episode_id AND p.nth = 1
LEFT JOIN orders AS c ON c.episode_id = o.episode_id AND c.nth = 1
LEFT JOIN work AS w ON w.episode_id = o.episode_id
LEFT JOIN silence AS s ON s.episode_id = o.episode_id
LEFT JOIN checked_le_reports AS l ON l.record_id = o.le_report_id
LEFT JOIN checked_ncmec_reports AS n ON n.record_id = o.ncmec_report_id
