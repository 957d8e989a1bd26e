-- Episodes that several agencies know, each as one: as early as any begins, open while any is open, informed when the first was.
-- in:    joined_lines: lines of the agencies with `joined_no`
-- out:   merged_episodes
-- grain: one row per joined episode; county, age and custody are those of the agency that missed the child first
WITH ranked AS (
    SELECT l.*, bool_or(ended_earliest IS NULL) OVER same AS is_any_open,
           row_number() OVER (PARTITION BY joined_no ORDER BY began_earliest, began_latest, agency, episode) AS nth_to_begin,
           row_number() OVER (PARTITION BY joined_no
                              ORDER BY ended_earliest DESC, CASE ending WHEN 'back' THEN 0 WHEN 'left_care' THEN 1 ELSE 2 END,
                                       ended_latest, agency, episode) AS nth_to_end
    FROM joined_lines AS l
    WINDOW same AS (PARTITION BY joined_no)
)
SELECT joined_no, any_value(state_child) AS state_child,
       string_agg(DISTINCT agency, ';' ORDER BY agency) AS agencies,
       max(CASE WHEN nth_to_begin = 1 THEN agency END) AS agency,
       max(CASE WHEN nth_to_begin = 1 THEN episode END) AS episode,
       max(CASE WHEN nth_to_begin = 1 THEN county END) AS county,
       max(CASE WHEN nth_to_begin = 1 THEN age END) AS age,
       max(CASE WHEN nth_to_begin = 1 THEN custody END) AS custody,
       min(reason) AS reason,
       CASE WHEN count(DISTINCT sources) = 1 THEN min(sources) ELSE 'both' END AS sources,
       min(began_earliest) AS began_earliest, min(began_latest) AS began_latest,
       CASE WHEN NOT bool_or(is_any_open) THEN max(ended_earliest) END AS ended_earliest,
       CASE WHEN NOT bool_or(is_any_open) THEN max(ended_latest) END AS ended_latest,
       CASE WHEN NOT bool_or(is_any_open) THEN max(CASE WHEN nth_to_end = 1 THEN outcome END) END AS outcome,
       min(learned_earliest) AS learned_earliest, min(learned_latest) AS learned_latest,
       CASE WHEN bool_or(informed_basis = 'recorded') THEN 'recorded' WHEN bool_or(informed_basis = 'capped') THEN 'capped'
            ELSE 'inferred' END AS informed_basis,
       min(ncic_accepted_earliest) AS ncic_accepted_earliest, min(ncic_accepted_latest) AS ncic_accepted_latest,
       min(ncic_entered_earliest) AS ncic_entered_earliest, min(ncic_entered_latest) AS ncic_entered_latest,
       bool_or(has_ncic_entry) AS has_ncic_entry
FROM ranked
GROUP BY joined_no
