"""The airsonde command."""
