"""Print rows of figures against what is promised of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; `ratio` is held against `at_least` or `at_most` where one is given."""

    name: str
    figures: str
    peer: str = ""
    ratio: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def verdict(self) -> str:
        if self.ratio is None:
            return ""
        if self.at_least is not None:
            return f"{'met' if self.ratio >= self.at_least else 'MISSED'} (≥ {self.at_least:g})"
        if self.at_most is not None:
            return f"{'met' if self.ratio <= self.at_most else 'MISSED'} (≤ {self.at_most:g})"
        return ""


def print_table(title: str, rows: list[Row]) -> None:
    """Print one table in Markdown."""
    print(f"\n## {title}\n")
    if not rows:
        print("The recordings this needs are not on this machine.")
        return
    print("| what | airsonde | against | ratio | promised |")
    print("|---|---|---|---|---|")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        print(f"| {row.name} | {row.figures} | {row.peer} | {ratio} | {row.verdict} |")
