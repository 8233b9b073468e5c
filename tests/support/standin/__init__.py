"""A stand-in for what cannot run in a test, on a real socket: Astra's APIs, a self-hosted Data API, the providers."""
