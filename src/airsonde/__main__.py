"""`python -m airsonde` is the airsonde command."""

from airsonde.faces.cli.main import main

main()
