"""From files to structured text and passages."""
