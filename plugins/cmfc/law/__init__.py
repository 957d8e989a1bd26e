"""The law as dated, cited data (spec 3). A missing rule is `no_rule`, never compliance."""
