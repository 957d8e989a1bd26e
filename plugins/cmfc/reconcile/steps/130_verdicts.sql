-- Every duty that an episode raises, held against the law in force and what was done (spec 2.1 elapsed, 3, 4.2).
-- in:    episodes, clocks, le_standing, ncmec_standing, duties, law_rules, law_values, run
-- out:   verdicts
-- grain: one row per episode, level (federal, state, advice) and duty. Times in epoch seconds UTC.
WITH owed AS (
    SELECT e.episode_no, d.level, d.duty, d.recipient, d.obligation, d.rule_id,
           c.informed_earliest AS clock_earliest, c.informed_latest AS clock_latest,
           CASE WHEN d.duty = 'report_to_le' THEN l.counting_earliest ELSE n.counting_earliest END AS done_earliest,
           CASE WHEN d.duty = 'report_to_le' THEN l.counting_latest ELSE n.counting_latest END AS done_latest,
           CASE WHEN d.duty = 'report_to_le' THEN l.is_ambiguous ELSE n.is_ambiguous END AS is_ambiguous,
           e.ended_latest AS closed_latest
    FROM episodes AS e
    JOIN clocks AS c ON c.episode_no = e.episode_no
    JOIN duties AS d ON d.custody = e.custody AND d.age_band = e.age_band AND d.obligation NOT IN ('not_required', 'no_duty')
    LEFT JOIN le_standing AS l ON l.episode_no = e.episode_no
    LEFT JOIN ncmec_standing AS n ON n.episode_no = e.episode_no
    UNION ALL  -- law enforcement's own duty; a number without a time is an entry at an unknown time
    SELECT l.episode_no, r.level, r.duty, r.recipient, 'required', r.rule_id,
           earliest_of(l.accepted), latest_of(l.accepted),
           CASE WHEN l.entered IS NOT NULL THEN earliest_of(l.entered)
                WHEN l.is_entered THEN earliest_of(l.accepted) END,
           CASE WHEN l.entered IS NOT NULL THEN latest_of(l.entered) WHEN l.is_entered THEN forever() END,
           FALSE, e.ended_latest
    FROM le_standing AS l
    JOIN episodes AS e ON e.episode_no = l.episode_no
    JOIN law_rules AS r ON r.duty = 'ncic_entry'
    WHERE l.accepted IS NOT NULL
    UNION ALL  -- the notice that the child was located
    SELECT e.episode_no, r.level, r.duty, r.recipient, 'required', r.rule_id, e.ended_earliest, e.ended_latest,
           earliest_of(CASE WHEN r.duty = 'tell_le_located' THEN l.told ELSE n.told END),
           latest_of(CASE WHEN r.duty = 'tell_le_located' THEN l.told ELSE n.told END),
           FALSE, NULL
    FROM episodes AS e
    JOIN law_rules AS r ON r.duty IN ('tell_le_located', 'tell_ncmec_located') AND r.level <> 'federal'
    LEFT JOIN le_standing AS l ON l.episode_no = e.episode_no
    LEFT JOIN ncmec_standing AS n ON n.episode_no = e.episode_no
    WHERE e.is_back
      AND CASE WHEN r.duty = 'tell_le_located' THEN l.counting_id ELSE n.counting_id END IS NOT NULL
),
ruled AS (  -- the value in force at either end of the clock's start
    SELECT o.*, at_start.value_id AS first_value, at_start.limit_seconds AS first_limit,
           at_end.value_id AS last_value, at_end.limit_seconds AS last_limit,
           CASE WHEN o.recipient = 'law_enforcement' THEN run.is_le_checked ELSE run.is_ncmec_checked END AS is_checked,
           run.as_of
    FROM owed AS o
    CROSS JOIN run
    LEFT JOIN law_values AS at_start
      ON at_start.rule_id = o.rule_id AND at_start.from_at <= o.clock_earliest AND o.clock_earliest < at_start.until_at
    LEFT JOIN law_values AS at_end
      ON at_end.rule_id = o.rule_id AND at_end.from_at <= o.clock_latest AND o.clock_latest < at_end.until_at
),
judged AS (
    SELECT *,
           verdict(clock_earliest, clock_latest, done_earliest, done_latest, closed_latest, as_of, first_limit)
               AS first_verdict,
           verdict(clock_earliest, clock_latest, done_earliest, done_latest, closed_latest, as_of, last_limit)
               AS last_verdict,
           clock_earliest + least(first_limit, last_limit) AS deadline_earliest,
           clock_latest + greatest(first_limit, last_limit) AS deadline_latest
    FROM ruled
),
settled AS (
    SELECT *, CASE WHEN NOT is_checked THEN 'not_checked'
                   WHEN first_verdict <> last_verdict THEN 'undetermined'
                   WHEN first_verdict = 'met' AND is_ambiguous THEN 'undetermined'
                   ELSE first_verdict END AS verdict
    FROM judged
)
SELECT episode_no, level, duty, recipient, obligation, rule_id, verdict, is_checked,
       coalesce(first_value, last_value) AS value_id,
       clock_earliest, clock_latest, deadline_earliest, deadline_latest,
       done_earliest, CASE WHEN done_latest < forever() THEN done_latest END AS done_latest,
       CASE WHEN verdict IN ('late', 'missing') THEN coalesce(done_earliest, as_of) - deadline_latest
            WHEN verdict = 'undetermined' THEN greatest(0, coalesce(done_earliest, as_of) - deadline_latest)
       END AS over_min_seconds,
       CASE WHEN verdict IN ('late', 'missing', 'undetermined') AND coalesce(done_latest, 0) < forever()
            THEN greatest(0, coalesce(done_latest, as_of) - deadline_earliest) END AS over_max_seconds
FROM settled
