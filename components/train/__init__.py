"""Stage `train`: selection and plan become the student."""
