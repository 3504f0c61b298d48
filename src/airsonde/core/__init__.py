"""Words and shape shared by everything: identifiers, channels, errors, steps, smoothing. Pure."""
