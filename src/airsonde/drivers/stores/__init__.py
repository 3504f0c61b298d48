"""Where RF memory is kept."""
