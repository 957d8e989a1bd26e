-- The reports that are linked by no id, as they are compared, in the columns of 020_child_rows.
-- in:    report_rows, names, child
-- out:   report
-- grain: one row per report
WITH first_names AS (
    SELECT first, max(tf_first) AS tf_first FROM child GROUP BY first
),
last_names AS (
    SELECT last, max(tf_last) AS tf_last FROM child GROUP BY last
)
SELECT r.feed || ':' || r.report_id AS unique_id,
       f.plain AS first, l.plain AS last,
       coalesce(f.parts, []) AS given, coalesce(l.parts, []) AS family, coalesce(f.full_names, []) AS stands_for,
       digits_of(r.date_of_birth) AS born,
       CASE WHEN r.sex IN ('F', 'M') THEN r.sex END AS sex,
       CASE WHEN r.since_latest IS NOT NULL
            THEN list_sort(list_distinct([week_of(r.since_earliest), week_of(r.since_latest)])) END AS weeks,
       nullif(regexp_replace(regexp_extract(folded(r.place), '^(.*) county', 1), '[^\p{L}]+', '', 'g'), '') AS county,
       s.tf_first, b.tf_last
FROM report_rows AS r
LEFT JOIN names AS f ON f.name = r.first_name
LEFT JOIN names AS l ON l.name = r.last_name
LEFT JOIN first_names AS s ON s.first = f.plain
LEFT JOIN last_names AS b ON b.last = l.plain
