-- How the notice stands that a child was located, where a report was made and the child is back (spec 3, RT-01, RT-02).
-- in:    verdicts, recipients, episodes
-- grain: one row per episode, recipient and level (state, advice); the audit extract counts them
SELECT e.episode_id, v.recipient, v.level, v.rule_id, v.verdict,
       v.done_earliest AS told_earliest, v.done_latest AS told_latest
FROM verdicts AS v
JOIN recipients AS p ON p.located_duty = v.duty
JOIN episodes AS e ON e.episode_no = v.episode_no
ORDER BY e.episode_id, v.recipient, v.level, v.rule_id
