"""This package finds causes: whys as a tree, a fishbone, what is counted of both, and the risks of a launch."""
