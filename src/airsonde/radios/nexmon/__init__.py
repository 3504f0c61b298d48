"""Broadcom and Cypress chips whose firmware nexmon_csi patched."""
