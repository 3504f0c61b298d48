"""`airsonde link doctor`: what is missing on this host."""

from dataclasses import asdict

import click

from airsonde.apps.governor.doctor import Finding, examine
from airsonde.faces.cli.output import print_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Look for what keeps the governor from working, and say how it is mended.

    Exit status 1 where something is wrong.
    """
    findings = examine()
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            click.echo(_line(finding))
    if any(finding.ok is False for finding in findings):
        ctx.exit(1)


def _line(finding: Finding) -> str:
    mark = {True: "ok     ", False: "missing", None: "unknown"}[finding.ok]
    remedy = f"; {finding.remedy}" if finding.remedy else ""
    return f"{mark}  {finding.name}: {finding.found}{remedy}"
