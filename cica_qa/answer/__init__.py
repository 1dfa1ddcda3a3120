"""From hits to a cited answer."""
