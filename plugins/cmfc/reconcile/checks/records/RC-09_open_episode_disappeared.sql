-- title: Open episode vanished
-- queue: act_now
-- why: The child was missing when last seen in the records, and every record of it has gone since.
-- why over: The child was missing, the record of it ended and nothing on file said how, and every record of it has gone since.
-- why unreadable: A record that may have said that the child is missing could not be read, and it has gone since.
-- next: Find out where the child is, and who removed the records and why; restore them, or write down the reason (explain).
SELECT v.child_id, v.episode_id AS subject_id, 'high' AS severity, v.evidence,
       CASE WHEN v.was_unreadable THEN 'unreadable' WHEN v.was_over THEN 'over' END AS state
FROM disappeared_episodes AS v
