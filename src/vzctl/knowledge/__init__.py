"""What vzctl knows about external systems, as data: TOML files that people edit, and one JSON file that is loaded.

After a change of a TOML file, `make generate` checks all of them (`tools/knowledge.py`) and writes the JSON file.
"""
