"""Data sets: rendered people with exact labels, real photos with weak ones, and the teacher's calibration."""
