"""This package decides and steers: from feedback to issue to board to report."""
