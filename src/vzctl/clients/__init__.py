"""Everything that talks to the network: the only layer that uses httpx."""
