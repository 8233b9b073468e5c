"""vzctl: integrations, credentials and scopes of Astra DB vectorize, from the command line."""

__version__ = "0.1.0"  # nothing is imported here: every start, and every TAB, would wait for it
