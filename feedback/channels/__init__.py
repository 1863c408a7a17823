"""This package holds one file for each channel people use."""
