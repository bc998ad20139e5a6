"""The audit: where duplicates, leakage, labels or the recording channel make a number look better than it is."""
