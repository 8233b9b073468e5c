"""Speed and size as ratios, measured by hand: see README.md."""
