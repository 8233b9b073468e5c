"""What the DevOps API and the Data API answer, read into observations. Untrusted: every form is checked, nothing repeated."""
