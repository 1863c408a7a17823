"""This package is about what a launch's reports have in common, how loud each theme is, and what is rising."""
