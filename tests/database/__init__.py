"""This package is Django's PostgreSQL, quicker at making a test run's tables and at emptying them."""
