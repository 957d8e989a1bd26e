-- How the notice stands that a child was located, where a report was made and the child is back (spec 3, RT-01, RT-02).
-- in:    verdicts
-- grain: one row per episode, recipient and level (state, advice); the audit extract counts them
SELECT episode_id, recipient, level, rule_id, verdict,
       done_earliest AS told_earliest, done_latest AS told_latest
FROM verdicts
WHERE duty IN ('tell_le_located', 'tell_ncmec_located')
ORDER BY episode_id, recipient, level, rule_id
