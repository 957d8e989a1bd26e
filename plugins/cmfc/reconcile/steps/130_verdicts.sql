-- Every duty that an episode raises, held against the law in force and what was done (spec 2.1 elapsed, 3, 4.2).
-- in:    owed_duties, law_values, value_scopes, recipients, calendar, run
-- out:   verdicts
-- grain: one row per episode, level (federal, state, advice) and duty. Times in epoch seconds UTC.
-- A value is in force when its days meet the start of its clock; of several, and where one end of the clock's start has
-- none, differing verdicts are `undetermined`.
WITH placed AS (  -- the values' places by strength and in time: numbers of a small table, in place of sorting the duties
    SELECT *, row_number() OVER (ORDER BY strength_of(basis, is_verified), from_at, value_id) AS place,
           row_number() OVER (ORDER BY from_at, value_id) AS place_in_time
    FROM law_values
),
law AS (  -- each value with whom it is for, and the first day of its rule for them
    SELECT v.*, s.custody, s.age_band, min(v.from_at) OVER (PARTITION BY v.rule_id, s.custody, s.age_band) AS first_day
    FROM placed AS v
    JOIN value_scopes AS s ON s.value_id = v.value_id
),
valued AS (
    SELECT o.*, v.place, v.place_in_time, v.starts_when, v.from_at, v.until_at, v.limit_seconds, v.limit_business_days,
           v.limit_seconds IS NULL AND v.limit_business_days IS NULL AS is_without_number,
           CASE WHEN o.duty IN (SELECT report_duty FROM recipients) THEN v.first_day END AS first_day
    FROM owed_duties AS o
    JOIN law AS v ON v.rule_id = o.rule_id AND v.custody = o.custody AND v.age_band = o.age_band
),
started AS (  -- an episode that was still open on the first day of a duty is judged by it, from that midnight on
    SELECT *,
           CASE starts_when WHEN 'absent_since' THEN began_earliest WHEN 'le_reported' THEN le_earliest
                            WHEN 'returned' THEN ended_earliest WHEN 'agency_informed_of_return' THEN ended_earliest
                            ELSE informed_earliest END AS start_earliest,
           CASE starts_when WHEN 'absent_since' THEN began_latest WHEN 'le_reported' THEN le_latest
                            WHEN 'returned' THEN ended_latest WHEN 'agency_informed_of_return' THEN ended_latest
                            ELSE informed_latest END AS start_latest,
           CASE WHEN began_earliest <= first_day AND coalesce(ended_latest, forever()) >= first_day THEN first_day END AS floor_at
    FROM valued
),
clocked AS (
    SELECT *, CASE WHEN start_earliest IS NOT NULL
                THEN greatest(start_earliest, coalesce(floor_at, start_earliest), coalesce(custody_from, start_earliest))
           END AS clock_earliest,
           CASE WHEN start_latest IS NOT NULL
                THEN greatest(start_latest, coalesce(floor_at, start_latest), coalesce(custody_from, start_latest))
           END AS clock_latest,
           greatest(informed_earliest, coalesce(floor_at, informed_earliest)) AS known_earliest,
           greatest(informed_latest, coalesce(floor_at, informed_latest)) AS known_latest
    FROM started
),
in_force AS (
    SELECT c.*, run.as_of,
           CASE WHEN c.limit_business_days IS NULL THEN c.clock_earliest + c.limit_seconds ELSE first_due.ends_at END
               AS deadline_earliest,
           CASE WHEN c.limit_business_days IS NULL THEN c.clock_latest + c.limit_seconds ELSE last_due.ends_at END
               AS deadline_latest
    FROM clocked AS c
    CROSS JOIN run
    LEFT JOIN calendar AS first_day ON c.limit_business_days IS NOT NULL AND first_day.day = local_day(c.clock_earliest)
    LEFT JOIN calendar AS first_due ON first_due.is_working AND first_due.working_days = first_day.working_days + c.limit_business_days
    LEFT JOIN calendar AS last_day ON c.limit_business_days IS NOT NULL AND last_day.day = local_day(c.clock_latest)
    LEFT JOIN calendar AS last_due ON last_due.is_working AND last_due.working_days = last_day.working_days + c.limit_business_days
    WHERE c.from_at <= coalesce(c.clock_latest, c.known_latest) AND coalesce(c.clock_earliest, c.known_earliest) < c.until_at
),
judged AS (  -- a clock that has not started is in doubt
    SELECT *, CASE WHEN clock_earliest IS NULL THEN 'undetermined'
                   WHEN is_without_number THEN 'no_number'
                   ELSE verdict(deadline_earliest, deadline_latest, done_earliest, done_latest, end_kind, ended_earliest,
                                ended_latest, as_of) END AS by_all,
           verdict(deadline_earliest, deadline_latest, sure_earliest, sure_latest, end_kind, ended_earliest,
                   ended_latest, as_of) AS by_sure
    FROM in_force
),
weighed AS (
    SELECT *, CASE WHEN by_all = 'met' AND (by_sure <> 'met' OR is_doubtful) THEN 'undetermined'
                   WHEN by_all = 'missing' AND has_untimed THEN 'undetermined'
                   WHEN starts_when IN ('determined_missing', 'agency_informed_of_return') AND by_all IN ('late', 'missing')
                   THEN 'undetermined'
                   WHEN starts_when = 'first_suspected' AND by_all IN ('met', 'pending', 'ended_first') THEN 'undetermined'
                   ELSE by_all END AS by_value
    FROM judged
),
together AS (
    SELECT episode_no, level, duty, min(by_value) AS least_verdict, max(by_value) AS greatest_verdict,
           min(place) AS strongest, min(place_in_time) AS first_in_time,
           min(clock_earliest) AS clock_earliest, max(clock_latest) AS clock_latest,
           min(deadline_earliest) AS deadline_earliest, max(deadline_latest) AS deadline_latest
    FROM weighed
    GROUP BY episode_no, level, duty
),
covered AS (  -- whether some value is in force wherever the clock may have started
    SELECT w.episode_no, w.level, w.duty,
           w.clock_earliest IS NULL
               OR sum(greatest(0, least(v.until_at, w.clock_latest + 1) - greatest(v.from_at, w.clock_earliest)))
                  > w.clock_latest - w.clock_earliest AS is_whole
    FROM weighed AS w
    JOIN together AS t ON t.episode_no = w.episode_no AND t.level = w.level AND t.duty = w.duty AND t.first_in_time = w.place_in_time
    JOIN law AS v ON v.rule_id = w.rule_id AND v.custody = w.custody AND v.age_band = w.age_band
    GROUP BY w.episode_no, w.level, w.duty, w.clock_earliest, w.clock_latest
),
known AS (  -- when the agency was informed, and whether a value was in force then, though perhaps none by its own clock
    SELECT episode_no, level, duty, min(known_earliest) AS known_earliest, min(known_latest) AS known_latest,
           max(CASE WHEN from_at <= known_earliest AND known_latest < until_at THEN 1 ELSE 0 END) = 1 AS has_value
    FROM clocked
    GROUP BY episode_no, level, duty
),
combined AS (
    SELECT t.episode_no, t.level, t.duty,
           CASE WHEN t.least_verdict = t.greatest_verdict AND c.is_whole THEN t.least_verdict ELSE 'undetermined' END AS verdict,
           v.value_id, t.clock_earliest, t.clock_latest, t.deadline_earliest, t.deadline_latest
    FROM together AS t
    JOIN covered AS c ON c.episode_no = t.episode_no AND c.level = t.level AND c.duty = t.duty
    JOIN placed AS v ON v.place = t.strongest
),
checked AS (
    SELECT o.episode_no, o.level, o.duty, o.recipient, o.obligation, o.rule_id, s.value_id,
           p.is_checked,
           coalesce(s.verdict, CASE WHEN k.has_value THEN 'undetermined' ELSE 'no_rule' END) AS verdict_if_checked,
           CASE WHEN s.episode_no IS NOT NULL THEN s.clock_earliest ELSE coalesce(k.known_earliest, o.informed_earliest, o.le_earliest)
           END AS clock_earliest,
           CASE WHEN s.episode_no IS NOT NULL THEN s.clock_latest ELSE coalesce(k.known_latest, o.informed_latest, o.le_latest)
           END AS clock_latest,
           s.deadline_earliest, s.deadline_latest,
           coalesce(k.known_earliest, o.informed_earliest) AS informed_earliest,
           coalesce(k.known_latest, o.informed_latest) AS informed_latest,
           o.done_earliest, o.done_latest, o.has_untimed, o.is_doubtful,
           -- where nothing was done, the limit runs on only as long as the child is away
           coalesce(o.done_earliest, o.ended_earliest, run.as_of) AS until_earliest,
           coalesce(o.done_latest, o.ended_latest, run.as_of) AS until_latest
    FROM owed_duties AS o
    CROSS JOIN run
    JOIN recipients AS p ON p.recipient = o.recipient
    LEFT JOIN combined AS s ON s.episode_no = o.episode_no AND s.level = o.level AND s.duty = o.duty
    LEFT JOIN known AS k ON k.episode_no = o.episode_no AND k.level = o.level AND k.duty = o.duty
)
SELECT episode_no, level, duty, recipient, obligation, rule_id,
       CASE WHEN is_checked THEN verdict_if_checked ELSE 'not_checked' END AS verdict, is_checked, value_id,
       clock_earliest, clock_latest, deadline_earliest, deadline_latest, informed_earliest, informed_latest, has_untimed, is_doubtful,
       done_earliest, CASE WHEN done_latest < forever() THEN done_latest END AS done_latest,
       CASE WHEN NOT is_checked OR deadline_earliest IS NULL THEN NULL
            WHEN verdict_if_checked IN ('late', 'missing') THEN greatest(0, until_earliest - deadline_latest)
            WHEN verdict_if_checked = 'undetermined' THEN 0 END AS over_min_seconds,
       CASE WHEN is_checked AND verdict_if_checked IN ('late', 'missing', 'undetermined') AND until_latest < forever()
            THEN greatest(0, until_latest - deadline_earliest) END AS over_max_seconds
FROM checked
