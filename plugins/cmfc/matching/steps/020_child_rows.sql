-- The children as they are compared.
-- in:    children, names, away, size
-- out:   child
-- grain: one row per child. `weeks`: weeks since 1970 in which a record says the child was missing
WITH first_names AS (
    SELECT plain, count(*) AS first_count FROM children JOIN names ON name = first_name GROUP BY plain
),
last_names AS (
    SELECT plain, count(*) AS last_count FROM children JOIN names ON name = last_name GROUP BY plain
),
weeks_missing AS (
    SELECT child_id, list_sort(list(DISTINCT week)) AS weeks
    FROM (SELECT child_id, unnest(generate_series(from_week, to_week)) AS week FROM away)
    GROUP BY child_id
)
SELECT c.child_id AS unique_id,
       f.plain AS first, l.plain AS last,
       list_sort(list_distinct(list_concat(coalesce(f.parts, []), coalesce(m.parts, []), coalesce(a.parts, []))))
           AS given,
       list_sort(list_distinct(list_concat(coalesce(l.parts, []), coalesce(a.parts, [])))) AS family,
       coalesce(f.full_names, []) AS stands_for,
       digits_of(c.date_of_birth) AS born,
       CASE WHEN c.sex IN ('F', 'M') THEN c.sex END AS sex,
       coalesce(w.weeks, []) AS weeks,
       nullif(regexp_replace(folded(c.county), '[^\p{L}]+', '', 'g'), '') AS county,
       share_of(s.first_count, size.children) AS tf_first, share_of(b.last_count, size.children) AS tf_last
FROM children AS c
CROSS JOIN size
LEFT JOIN names AS f ON f.name = c.first_name
LEFT JOIN names AS l ON l.name = c.last_name
LEFT JOIN names AS m ON m.name = c.middle_name AND len(m.plain) > 1
LEFT JOIN names AS a ON a.name = c.aliases
LEFT JOIN first_names AS s ON s.plain = f.plain
LEFT JOIN last_names AS b ON b.plain = l.plain
LEFT JOIN weeks_missing AS w ON w.child_id = c.child_id
