-- Likely pairs that are a question all the same, whatever they weigh (spec 4.1.1, 4.1.3). They rest on other rows than
-- the pair's own, so they are found anew every night and are no part of a score that is taken over.
-- in:    possible, rules, report, report_rows, child, placements
-- out:   doubts
-- grain: one row per report, likely child and other child who may be meant (perhaps twice). `other_id` is null where
--   the report has no first name, or carries the id of a child whose details it contradicts.
-- The other child bears the last name of the report or of the likely child (a compound may be cut short in the report),
-- or was placed with the likely child's provider meanwhile: when the child went missing, or in the two days before.
-- A first name agrees where it is the report's, a word of it, or a name that the report's is short for.
WITH likely AS (
    SELECT p.report_id, p.child_id, r.first, r.last, r.stands_for, r.born, c.last AS last_on_file,
           w.since_earliest, w.since_latest, w.claim
    FROM possible AS p
    CROSS JOIN rules
    JOIN report AS r ON r.unique_id = p.report_id
    JOIN child AS c ON c.unique_id = p.child_id
    JOIN report_rows AS w ON w.feed || ':' || w.report_id = p.report_id
    WHERE p.is_alike AND p.probability >= rules.accept
),
surnames AS (
    SELECT report_id, child_id, born, stands_for, unnest(list_distinct([last, last_on_file])) AS last FROM likely
),
called AS (
    SELECT report_id, child_id, last, unnest(stands_for) AS first FROM surnames
),
provider_stays AS (
    SELECT l.report_id, l.child_id, l.born, l.stands_for, p.provider_id,
           l.since_earliest - hours(48) AS from_at, l.since_latest AS to_at
    FROM likely AS l
    JOIN placements AS p ON p.child_id = l.child_id
    WHERE p.provider_id IS NOT NULL AND coalesce(p.began_at_earliest <= l.since_latest, TRUE)
      AND coalesce(p.ended_at_latest >= l.since_earliest - hours(48), TRUE)
),
housemates AS (
    SELECT DISTINCT h.report_id, h.child_id, h.born, h.stands_for, p.child_id AS other_id
    FROM provider_stays AS h
    JOIN placements AS p ON p.provider_id = h.provider_id AND p.child_id <> h.child_id
    WHERE coalesce(p.began_at_earliest <= h.to_at, TRUE) AND coalesce(p.ended_at_latest >= h.from_at, TRUE)
),
others AS (
    SELECT s.report_id, s.child_id, o.unique_id AS other_id
    FROM surnames AS s
    JOIN child AS o ON o.last = s.last AND o.born = s.born
    UNION ALL
    SELECT n.report_id, n.child_id, o.unique_id
    FROM called AS n
    JOIN child AS o ON o.last = n.last AND o.first = n.first
    UNION ALL
    SELECT h.report_id, h.child_id, o.unique_id
    FROM housemates AS h
    JOIN child AS o ON o.unique_id = h.other_id
    WHERE coalesce(o.born = h.born, FALSE) OR coalesce(list_contains(h.stands_for, o.first), FALSE)
)
SELECT report_id, child_id, other_id FROM others WHERE other_id <> child_id
UNION ALL
SELECT report_id, child_id, NULL FROM likely WHERE first IS NULL OR claim IS NOT NULL
