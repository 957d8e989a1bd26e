-- What two rows must share to be compared at all. Several kinds, so that no single wrong field loses a pair.
-- in:    {side}
-- grain: one row per row and key (perhaps twice)
--   d  birth date, initial of any name            n  a given name with a family name, in either order
--   b  a given name with the begin of a family name, or the other way round
--   p  a name, the other name's initial, two of year, month and day of birth
--   w  where a birth date is unknown: a name, and a week in which the child was missing or the report was made
WITH parted AS (
    SELECT unique_id, born, weeks, stands_for, family,
           list_distinct(list_concat(given, stands_for)) AS called,
           list_distinct([x[1] FOR x IN given]) AS given_initials,
           list_distinct([x[1] FOR x IN family]) AS family_initials,
           [born[1:4] || born[5:6], born[5:6] || '/' || born[7:8], born[1:4] || '-' || born[7:8]] AS birth_parts
    FROM {side}
),
name_and_initial AS (
    SELECT unique_id, birth_parts, unnest(called) AS name, family_initials AS initials FROM parted WHERE born IS NOT NULL
    UNION ALL
    SELECT unique_id, birth_parts, unnest(family), given_initials FROM parted WHERE born IS NOT NULL
),
with_part AS (
    SELECT unique_id, name, initials, unnest(birth_parts) AS part FROM name_and_initial
),
given_each AS (
    SELECT unique_id, family, unnest(called) AS one FROM parted
),
both_names AS (
    SELECT unique_id, one, unnest(family) AS other FROM given_each
),
any_name AS (
    SELECT unique_id, weeks, born, unnest(list_distinct(list_concat(called, family))) AS name FROM parted
)
SELECT unique_id, hash('d', born, unnest(list_distinct(list_concat(given_initials, family_initials)))) AS key
FROM parted
WHERE born IS NOT NULL
UNION ALL
SELECT unique_id, hash('n', least(one, other), greatest(one, other)) FROM both_names
UNION ALL
SELECT unique_id, hash('b', one, other[1:4]) FROM both_names
UNION ALL
SELECT unique_id, hash('c', other, one[1:4]) FROM both_names
UNION ALL
SELECT unique_id, hash('p', name, part, unnest(initials)) FROM with_part
UNION ALL
SELECT unique_id, hash('w', name, unnest(weeks)) FROM any_name WHERE '{side}' = 'child' OR born IS NULL
UNION ALL
SELECT unique_id, hash('v', name, unnest(weeks)) FROM any_name WHERE '{side}' = 'report' OR born IS NULL
