"""Records and law in, episodes, verdicts and findings out: numbered SQL steps and one SQL file per check."""
