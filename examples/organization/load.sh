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

run vzctl -q databases add shop --id 4eb85804-41bf-4443-b201-8ff29b7fd0d0 --region us-east-2
run vzctl -q databases add search --id 8f2fdc24-ad1c-45a2-917e-2103716fd1b2 --region us-east-2
run vzctl -q databases add support --id 860555ba-d6d6-4050-9ef1-4b7a6067106a --region eu-west-1
run vzctl -q databases add archive --id c1a7d0f3-6b2e-4d58-9e04-7f3a5b8c2d16 --region eu-west-1
run vzctl -q databases add staging --id 40383983-eb58-4246-ab78-b0d96f1635bd --region us-east-2 --status INITIALIZING
run vzctl -q databases add trials --id e47b9a52-0c8d-4f61-b3d7-1a6f9e5c8b30 --region us-east-2 --status PENDING

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
