-- The characteristics of the state's episodes, from those that the agencies have of theirs.
-- in:    lines, agency_lines, agency_characteristics, joined_members, of_children
-- out:   characteristics
-- grain: one row per episode of the state. Of a joined one the report that counts is the earliest, and what happened after
--        the return is the earliest that any agency has; silences of several agencies cannot be joined, and are left out
WITH named AS (
    SELECT a.*, coalesce('joined ' || j.joined_no, a.agency || ' ' || a.episode) AS member_of
    FROM agency_lines AS a
    LEFT JOIN joined_members AS j ON j.agency = a.agency AND j.episode = a.episode
),
heads AS (
    SELECT l.episode, l.child, l.began_day, l.ended_day, n.member_of
    FROM lines AS l JOIN named AS n ON n.agency = l.agency AND n.episode = l.episode
),
members AS (
    SELECT h.episode, h.began_day AS state_began_day, h.ended_day AS state_ended_day, h.child AS state_child,
           n.age, n.began_day AS own_began_day, n.ended_day AS own_ended_day,
           row_number() OVER (PARTITION BY h.episode ORDER BY n.began_earliest, n.began_latest, n.agency, n.episode) AS nth,
           row_number() OVER (PARTITION BY h.episode ORDER BY n.le_reported_earliest NULLS LAST, n.agency, n.episode) AS nth_to_le,
           row_number() OVER (PARTITION BY h.episode
                              ORDER BY n.ncmec_reported_earliest NULLS LAST, n.agency, n.episode) AS nth_to_ncmec,
           c.* EXCLUDE (agency, episode)
    FROM heads AS h
    JOIN named AS n ON n.member_of = h.member_of
    JOIN agency_characteristics AS c ON c.agency = n.agency AND c.episode = n.episode
)
SELECT m.episode, any_value(k.sex) AS sex, any_value(k.race) AS race, any_value(k.ethnicity) AS ethnicity,
       arg_min(m.setting_left, m.nth) AS setting_left, arg_min(m.conservatorship, m.nth) AS conservatorship,
       bool_or(m.trafficked) AS trafficked, max(m.own_began_day + m.days) - min(m.state_began_day) AS days,
       bool_or(m.came_of_age) OR coalesce(min(m.age) < 18 AND max(m.age) >= 18, FALSE) AS came_of_age,
       min(m.own_ended_day + m.interviewed_after_days) - min(m.state_ended_day) AS interviewed_after_days,
       min(m.own_ended_day + m.screened_after_days) - min(m.state_ended_day) AS screened_after_days,
       bool_or(m.le_has_agency) FILTER (nth_to_le = 1) AS le_has_agency,
       bool_or(m.le_has_number) FILTER (nth_to_le = 1) AS le_has_number,
       bool_or(m.le_has_ncic_number) FILTER (nth_to_le = 1) AS le_has_ncic_number,
       bool_or(m.le_has_ncic_time) FILTER (nth_to_le = 1) AS le_has_ncic_time,
       bool_or(m.ncmec_has_number) FILTER (nth_to_ncmec = 1) AS ncmec_has_number,
       bool_or(m.ncmec_has_photo) FILTER (nth_to_ncmec = 1) AS ncmec_has_photo,
       bool_or(m.ncmec_has_description) FILTER (nth_to_ncmec = 1) AS ncmec_has_description,
       bool_or(m.ncmec_has_circumstances) FILTER (nth_to_ncmec = 1) AS ncmec_has_circumstances,
       bool_or(m.ncmec_has_endangerments) FILTER (nth_to_ncmec = 1) AS ncmec_has_endangerments,
       bool_or(m.ncmec_has_guardian_contact) FILTER (nth_to_ncmec = 1) AS ncmec_has_guardian_contact
FROM members AS m
LEFT JOIN of_children AS k ON k.child_id = m.state_child
GROUP BY m.episode
