"""Tests of the credential service, as a process on a real socket."""
