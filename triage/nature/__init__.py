"""This package suggests what an issue is by nature: genuine or noise, defect or training gap, cause or symptom."""
