"""The pass that leaves out components far from a row, found in single precision."""
