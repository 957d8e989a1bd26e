-- title: Open episode vanished
-- queue: act_now
-- why: The child was missing when last seen in the records, and every record of it has gone since.
-- why over: The child was missing, the record of it ended and nothing on file said how, and every record of it has gone since.
-- why unreadable: A record that may have said that the child is missing could not be read, and it has gone since.
-- why set_aside: The child was missing when last seen in the records, and what is left of them cannot be read.
-- next: Find out where the child is, and who removed the records and why; restore them, or write down the reason (explain).
-- next set_aside: Find out where the child is, and correct the record that was set aside, or write down the reason (explain).
SELECT v.child_id, v.episode_id AS subject_id, 'high' AS severity, v.evidence,
       CASE WHEN v.was_unreadable THEN 'unreadable' WHEN v.is_set_aside THEN 'set_aside'
            WHEN v.was_over THEN 'over' END AS state
FROM disappeared_episodes AS v
