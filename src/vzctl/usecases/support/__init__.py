"""`vzctl support bundle`."""
