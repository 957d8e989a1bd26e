-- title: No interview or no screening after the return
-- rule: advice/screen_after_return
-- queue: explain
-- why back [end]: The child has been back since {ended}, and {detail} missing or later than 72 hours after it.
-- why closed: The record of the child being missing ended on {ended}, and {detail} missing or later than 72 hours after it.
-- next: Interview the child and screen for trafficking, and enter when.
-- next closed: Once it is sure where the child is, interview the child and screen for trafficking, and enter when.
WITH work_done AS (
    SELECT child_id, span_number, min(interviewed_at_earliest) AS interviewed, min(screened_for_trafficking_at_earliest) AS screened,
           joined(record) AS evidence
    FROM return_work
    GROUP BY child_id, span_number
),
lost_halves AS (  -- a column that did not come says nothing about its half
    SELECT coalesce(max(CASE WHEN name = 'interviewed_at' THEN 1 ELSE 0 END), 0) AS interview,
           coalesce(max(CASE WHEN name = 'screened_for_trafficking_at' THEN 1 ELSE 0 END), 0) AS screening
    FROM lost_columns
    WHERE feed = 'returns'
),
judged AS (
    SELECT e.child_id, e.episode_no, e.may_clear, e.ended_earliest, e.ended_latest, v.value_id, v.limit_seconds,
           with_evidence(with_evidence(e.evidence, w.evidence), e.proof) AS evidence,
           s.interview = 0 AND coalesce(w.interviewed > e.ended_latest + v.limit_seconds,
                                         run.as_of >= e.ended_latest + v.limit_seconds) AS lacks_interview,
           s.screening = 0 AND coalesce(w.screened > e.ended_latest + v.limit_seconds,
                                         run.as_of >= e.ended_latest + v.limit_seconds) AS lacks_screening
    FROM episode_facts AS e
    CROSS JOIN run
    CROSS JOIN lost_halves AS s
    JOIN law_values AS v ON v.rule_id = 'advice/screen_after_return'
    LEFT JOIN work_done AS w ON w.child_id = e.child_id AND w.span_number = e.span_number
    WHERE run.is_returns_checked AND e.is_back
)
SELECT child_id, episode_no, 'medium' AS severity, CASE WHEN may_clear THEN 'back' ELSE 'closed' END AS state, value_id,
       ended_earliest AS clock_earliest, ended_latest AS clock_latest,
       ended_earliest + limit_seconds AS deadline_earliest, ended_latest + limit_seconds AS deadline_latest, evidence,
       CASE WHEN lacks_interview AND lacks_screening THEN 'the interview and the screening for trafficking are'
            WHEN lacks_interview THEN 'the interview is' ELSE 'the screening for trafficking is' END AS detail
FROM judged
WHERE lacks_interview OR lacks_screening
