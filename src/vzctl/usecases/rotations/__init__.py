"""`vzctl rotations`: a file for each verb, and the steps of a rotation."""
