"""What a user should be told about a capture that was read, beyond its counts."""

from collections.abc import Iterator
from pathlib import Path

from airsonde.captures.model import CaptureFormat
from airsonde.captures.registry import formats
from airsonde.captures.summary import Survey


def advice(path: Path, form: CaptureFormat, survey: Survey) -> tuple[str, ...]:
    """One sentence for each thing that a glance at the counts would miss."""
    return (*_about_name(path, form), *_about_counts(survey))


def _about_name(path: Path, form: CaptureFormat) -> Iterator[str]:
    known = {suffix for row in formats().values() for suffix in row.suffixes}
    misleading = path.suffix in known and not path.name.endswith(form.suffixes or (path.suffix,))
    if misleading:
        yield f"the name ends in {path.suffix}, the content is {form.name}: rename it"


def _about_counts(survey: Survey) -> Iterator[str]:
    skipped = survey.records - survey.decoded
    if survey.records == 0 and not survey.warnings:
        yield "there is no record in it: was the recording stopped before anything came?"
    elif survey.records and not survey.decoded:
        yield "not one record could be decoded: the reasons stand under skipped"
    elif skipped > survey.decoded:
        yield "more records were skipped than decoded: is something else in this file?"
