"""The pass that sums over all components, and distances: compiled tiles of rows."""
