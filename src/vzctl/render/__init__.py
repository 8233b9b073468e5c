"""What the user sees: outcomes and errors turned into text, TSV or JSON. Nothing is decided here."""
