-- Every spelling on file, read once: folded, in words, with the full names that a nickname stands for.
-- in:    children, report_rows, nicknames
-- out:   names
-- grain: one row per spelling; `plain` is null where it is no name at all
WITH spelled AS (
    SELECT first_name AS name FROM children UNION SELECT middle_name FROM children
    UNION SELECT last_name FROM children UNION SELECT aliases FROM children
    UNION SELECT first_name FROM report_rows UNION SELECT last_name FROM report_rows
),
folded AS (
    SELECT name, string_split(trim(regexp_replace(folded(name), '[^\p{L}]+', ' ', 'g')), ' ') AS words
    FROM spelled
    WHERE name IS NOT NULL
),
spelled_words AS (
    SELECT name, [w FOR w IN words IF w <> '' AND w NOT IN ('jr', 'sr', 'ii', 'iii', 'iv')] AS words
    FROM folded
),
joined AS (
    SELECT name, words, nullif(array_to_string(words, ''), '') AS plain,
           [w FOR w IN words IF len(w) > 1 AND w NOT IN ('da', 'de', 'del', 'der', 'dos', 'el', 'la', 'las', 'le',
                                                         'los', 'san', 'van', 'von', 'al', 'ben', 'st', 'ni')] AS parts
    FROM spelled_words
),
nickname_names AS (
    SELECT j.name, list_sort(list_distinct(flatten(list(k.full_names)))) AS full_names
    FROM (SELECT name, unnest(list_distinct(words)) AS word FROM joined) AS j
    JOIN nicknames AS k ON k.nickname = j.word
    GROUP BY j.name
)
SELECT j.name, j.plain,
       list_sort(list_distinct(list_append(CASE WHEN len(j.parts) > 0 THEN j.parts ELSE j.words END, j.plain))) AS parts,
       list_sort(list_distinct(list_concat(
           CASE WHEN len(j.parts) > 0 THEN j.parts ELSE j.words END, [j.plain], coalesce(s.full_names, [])))) AS full_names
FROM joined AS j
LEFT JOIN nickname_names AS s ON s.name = j.name
WHERE j.plain IS NOT NULL
  AND j.plain NOT IN ('unknown', 'unk', 'unnamed', 'none', 'na', 'notgiven', 'nfn', 'nln', 'x', 'xx', 'xxx')
