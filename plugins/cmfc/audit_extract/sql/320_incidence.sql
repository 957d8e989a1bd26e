-- Episodes and children: how many, how often, how long (OIG 06095; Tex. Fam. Code 264.017(b)(12), (13)).
-- in:    lines, characteristics, of_children, care
-- out:   incidence
-- grain: one row per dimension and value; every dimension holds every episode once
WITH counted AS (
    SELECT l.child, l.outcome, c.days, c.came_of_age, d.dimension, coalesce(d.value, 'not recorded') AS value
    FROM lines AS l
    JOIN characteristics AS c ON c.episode = l.episode
    CROSS JOIN LATERAL (VALUES ('all', 'all'), ('county', l.county), ('age_band', l.age_band), ('custody', l.custody),
                               ('reason', l.reason), ('sex', c.sex), ('race', c.race), ('ethnicity', c.ethnicity),
                               ('setting_left', c.setting_left), ('conservatorship', c.conservatorship),
                               ('trafficked', CAST(c.trafficked AS VARCHAR))) AS d(dimension, value)
),
often AS (
    SELECT dimension, value, max(n) AS most_of_a_child
    FROM (SELECT dimension, value, child, count(*) AS n FROM counted GROUP BY ALL) AS of_child
    GROUP BY ALL
),
in_care AS (
    SELECT d.dimension, coalesce(d.value, 'not recorded') AS value, count(DISTINCT c.child_id) AS children_in_care
    FROM care AS c
    LEFT JOIN of_children AS k ON k.child_id = c.child_id
    CROSS JOIN LATERAL (VALUES ('all', 'all'), ('county', k.county), ('sex', k.sex), ('race', k.race),
                               ('ethnicity', k.ethnicity)) AS d(dimension, value)
    GROUP BY ALL
),
missing AS (
    SELECT dimension, value, count(*) AS episodes, count(DISTINCT child) AS children, avg(days) AS mean_days,
           median(days) AS median_days, count(*) FILTER (days > 50) AS over_50_days,
           count(*) FILTER (outcome = 'died') AS died, count(*) FILTER (came_of_age) AS came_of_age
    FROM counted GROUP BY ALL
)
SELECT coalesce(m.dimension, i.dimension) AS dimension, coalesce(m.value, i.value) AS value,
       coalesce(m.episodes, 0) AS episodes, coalesce(m.children, 0) AS children,
       coalesce(o.most_of_a_child, 0) AS most_of_a_child, m.mean_days, m.median_days,
       coalesce(m.over_50_days, 0) AS over_50_days, coalesce(m.died, 0) AS died,
       coalesce(m.came_of_age, 0) AS came_of_age, i.children_in_care
FROM missing AS m
FULL JOIN in_care AS i ON i.dimension = m.dimension AND i.value = m.value
LEFT JOIN often AS o ON o.dimension = m.dimension AND o.value = m.value
