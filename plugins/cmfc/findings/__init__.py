"""The life of a finding from night to night, as SQL without a database: new, changed, ended (spec 5)."""
