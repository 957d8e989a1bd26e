-- What is said of a duty to report, by how bad it is: of one duty only one of these stands at a time (spec 5).
-- out:   duties
-- grain: one row per code; rank 1 is the worst
SELECT * FROM (VALUES ('LE-01', 1), ('LE-02', 2), ('LE-03', 3), ('LE-06', 4), ('LE-08', 5),
                      ('NC-01', 1), ('NC-02', 2), ('NC-03', 3), ('NC-06', 4), ('NC-10', 5)) AS ranked (code, rank)
