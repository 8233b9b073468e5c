# shellcheck shell=sh
# Keys for credentials.jsonl. None of them is real: each is put together here, in the form that its provider uses.

# PREFIX LENGTH WORD: the prefix, then the word, filled up with x.
made_up_key() {
    body="NotARealKey$3"
    while [ "${#body}" -lt "$2" ]; do
        body="${body}x"
    done
    printf '%s%s' "$1" "$body"
}

OPENAI_PROD_KEY=$(made_up_key sk-proj- 48 1)
OPENAI_DEV_KEY=$(made_up_key sk-proj- 48 2)
OPENAI_ARCHIVE_KEY=$(made_up_key sk-proj- 48 3)
AZURE_SEARCH_KEY=$(made_up_key '' 84 4)
VOYAGE_DOCS_KEY=$(made_up_key pa- 43 5)
VOYAGE_TRIAL_KEY=$(made_up_key pa- 43 6)
JINA_CODE_KEY=$(made_up_key jina_ 40 7)
export OPENAI_PROD_KEY OPENAI_DEV_KEY OPENAI_ARCHIVE_KEY AZURE_SEARCH_KEY VOYAGE_DOCS_KEY VOYAGE_TRIAL_KEY JINA_CODE_KEY
