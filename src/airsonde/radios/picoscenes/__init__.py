"""Every radio that PicoScenes records."""
