"""The frozen program: one executable that goes by the name it was called with."""

import sys
from pathlib import Path

if Path(sys.argv[0]).name == "hifi-wifi":
    from airsonde.faces.hifi_wifi.main import main
else:
    from airsonde.faces.cli.main import main

main()
