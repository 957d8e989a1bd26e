-- title: A reported episode's start changed
-- why: The start of this reported episode moved by {detail} since the last list.
-- next: Confirm which time is right; if the reports gave the former one, tell their recipients.
SELECT f.child_id, f.episode_no, 'low' AS severity, f.evidence,
       duration_text(abs(f.began_earliest - k.began_earliest)) AS detail
FROM episode_facts AS f
JOIN known_rows AS k ON k.episode_id = f.episode_id AND k.nth = 1 AND was_episode(k.state)
WHERE abs(f.began_earliest - k.began_earliest) > hours(1)
  AND EXISTS (SELECT 1 FROM report_status AS s WHERE s.episode_no = f.episode_no AND s.counting_id IS NOT NULL)
