"""Claims about people scored on recordings with ground truth: `python -m bench.sensing.<name>`."""
