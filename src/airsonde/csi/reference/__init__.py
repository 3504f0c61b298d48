"""The rvCSI reference's signal pipeline, windows and detectors, float32 and faults included.

It is reproduced exactly (ADR-095): sums run in single precision and in order, a window keeps only
frames of its first one's size, thresholds are absolute.
"""
