-- title: Turned 18 while missing
-- why: The child turned 18 while missing; age alone never ends the search (34 U.S.C. 41308(2)).
-- next: Check that the reports and the NCIC record stay open, and which legal basis holds now.
SELECT e.child_id, e.episode_no, e.evidence, 'medium' AS severity
FROM episodes AS e CROSS JOIN run
JOIN children AS c ON c.child_id = e.child_id
WHERE e.began_day < birthday(c.date_of_birth, 18)
  AND birthday(c.date_of_birth, 18) <= local_day(coalesce(e.ended_earliest, run.as_of) - 1)
