#!/bin/sh
# Load an organization of the size people have into the state that vzctl is set up for: 6 databases in 4 different
# states, 5 integrations, 8 credentials, 12 collections and 5 vector columns in 4 tables. Needs a state file
# (`vzctl init`) and a secret store that can be written.
#
#   sh examples/organization/load.sh
set -eu

organization=$(dirname "$0")
# shellcheck source=examples/organization/keys.sh
. "$organization/keys.sh"

run() {
    printf '$ %s\n' "$*"
    "$@"
}

run vzctl -q databases add shop --region us-east-2
run vzctl -q databases add search --region us-east-2
run vzctl -q databases add support --region eu-west-1
run vzctl -q databases add archive --region eu-west-1
run vzctl -q databases add staging --region us-east-2 --status INITIALIZING
run vzctl -q databases add trials --region us-east-2 --status PENDING

run vzctl credentials add --from "$organization/credentials.jsonl"
run vzctl -q credentials edit openai-archive --set-at 2025-03-01

run vzctl -q collections add shop/default_keyspace/products --provider openai --model text-embedding-3-small --credential openai-prod
run vzctl -q collections add shop/default_keyspace/authors --provider openai --model text-embedding-3-small --credential openai-prod
run vzctl -q collections add shop/default_keyspace/reviews --provider huggingface --model intfloat/multilingual-e5-large --credential hf-reviews
run vzctl -q collections add shop/default_keyspace/carts
run vzctl -q collections add search/default_keyspace/articles --provider voyageAI --model voyage-2 --credential voyage-docs
run vzctl -q collections add search/default_keyspace/queries --provider azureOpenAI --model text-embedding-3-large \
    --parameter resourceName=bookshop --parameter deploymentId=embed --credential azure-search
run vzctl -q collections add search/default_keyspace/code --provider jinaAI --model jina-embeddings-v2-base-code --credential jina-code
run vzctl -q collections add search/default_keyspace/suggestions --provider openai --model text-embedding-3-large --credential openai-prod
run vzctl -q collections add support/default_keyspace/tickets --provider openai --model text-embedding-3-small --credential openai-prod
run vzctl -q collections add support/default_keyspace/answers --provider voyageAI --model voyage-2 --credential voyage-docs
run vzctl -q collections add support/default_keyspace/chats --provider openai --model text-embedding-3-small --header
run vzctl -q collections add archive/default_keyspace/tickets_2024 --provider openai --model text-embedding-ada-002 --credential openai-archive

run vzctl -q tables attach shop/default_keyspace/items.title --provider openai --model text-embedding-3-small --credential openai-prod
run vzctl -q tables attach shop/default_keyspace/items.blurb --provider huggingface --model BAAI/bge-base-en-v1.5 --credential hf-reviews
run vzctl -q tables attach search/default_keyspace/pages.body --provider voyageAI --model voyage-2 --credential voyage-docs
run vzctl -q tables attach support/default_keyspace/notes.body --provider nvidia --model NV-Embed-QA
run vzctl -q tables attach support/default_keyspace/calls.summary --provider openai --model text-embedding-3-small --credential openai-prod

run vzctl -q databases edit archive --status HIBERNATED
