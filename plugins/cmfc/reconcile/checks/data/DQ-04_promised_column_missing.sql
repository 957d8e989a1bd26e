-- title: A promised column did not come, or cannot be read
-- why: {detail} Until it comes again, nothing is found or ended because it is silent.
-- next: Have the column delivered again, or correct its name, format, codes or null_values in the mapping.
SELECT feed || ':' || name AS subject_id, 'high' AS severity, feed || ':' || name AS evidence,
       upper(substr(sentence, 1, 1)) || substr(sentence, 2) AS detail
FROM lost_columns
