"""What people type to name databases, collections and columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import a_collection, a_column, a_database, a_state
from vzctl.command import suggest
from vzctl.domain.state.address import Address, find_collection, find_column, find_database, parse_address
from vzctl.domain.state.index import display_names
from vzctl.domain.state.records import Database
from vzctl.errors import ConflictError, NotFoundError, UsageError

SHOP_EU = a_database("shop", id="11111111-0000-4000-8000-000000000001", region="eu-west-1")
SHOP_US = a_database("shop", id="11111111-0000-4000-8000-000000000002", region="us-east-1")
TWIN_A = a_database("twin", id="22222222-0000-4000-8000-00000000000a", region="eu-west-1")
TWIN_B = a_database("twin", id="22222222-0000-4000-8000-00000000000b", region="eu-west-1")
BLOG = a_database("blog", id="33333333-aaaa-4000-8000-000000000001", region=None)
HEX_NAME = a_database("33333333-aaaa", id="44444444-0000-4000-8000-000000000001")
STATE = a_state(databases=[SHOP_EU, SHOP_US, TWIN_A, TWIN_B, BLOG, HEX_NAME])


@pytest.mark.parametrize(
    ("reference", "database"),
    [
        (BLOG.id, BLOG),
        (BLOG.id.upper(), BLOG),
        ("blog", BLOG),
        ("shop@eu-west-1", SHOP_EU),
        ("shop@us-east-1", SHOP_US),
        ("11111111-0000-4000-8000-000000000002"[:-1] + "2", SHOP_US),
        ("33333333", BLOG),
        ("33333333-AAAA-4", BLOG),
        ("33333333-aaaa", HEX_NAME),
        ("44444444-0", HEX_NAME),
    ],
)
def test_a_database_is_found_by_id_prefix_name_and_name_with_region(reference: str, database: Database) -> None:
    assert find_database(STATE, reference) == database


@pytest.mark.parametrize(
    ("reference", "message", "first"),
    [
        (
            "shop",
            f'"shop" names 2 databases: shop@eu-west-1 ({SHOP_EU.id}), shop@us-east-1 ({SHOP_US.id})',
            "shop@eu-west-1",
        ),
        (
            "11111111",
            f'"11111111" names 2 databases: shop@eu-west-1 ({SHOP_EU.id}), shop@us-east-1 ({SHOP_US.id})',
            "shop@eu-west-1",
        ),
        (
            "twin@eu-west-1",
            f'"twin@eu-west-1" names 2 databases: twin@eu-west-1 ({TWIN_A.id}), twin@eu-west-1 ({TWIN_B.id})',
            TWIN_A.id,
        ),
    ],
)
def test_an_ambiguous_database_is_refused_with_the_candidates(reference: str, message: str, first: str) -> None:
    with pytest.raises(ConflictError) as caught:
        find_database(STATE, reference)
    assert (caught.value.message, caught.value.code) == (message, "DATABASE_AMBIGUOUS")
    assert caught.value.next_steps == (
        suggest("databases show", first, comment="say which one: name@region or the id"),
    )


def test_an_ambiguous_database_without_a_region_shows_a_question_mark_and_ten_candidates() -> None:
    many = [a_database("many", id=f"5555{number:04d}-0000-4000-8000-000000000000", region=None) for number in range(12)]
    with pytest.raises(ConflictError) as caught:
        find_database(a_state(databases=many), "many")
    assert caught.value.message.startswith('"many" names 12 databases: many@? (55550000-')
    assert caught.value.message.count("many@?") == 10


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("blok", 'there is no database "blok"; did you mean "blog"?'),
        ("BLOG", 'there is no database "BLOG"; did you mean "blog"?'),
        ("shop@eu-west-2", 'there is no database "shop@eu-west-2"; did you mean "shop@eu-west-1" or "shop@us-east-1"?'),
        ("shop@", 'there is no database "shop@"'),
        ("@eu-west-1", 'there is no database "@eu-west-1"; did you mean "shop@eu-west-1" or "shop@us-east-1"?'),
        ("7777777", 'there is no database "7777777"'),
        ("99999999", 'there is no database "99999999"'),
        ("", 'there is no database ""'),
        ("a\nb", "there is no database 'a\\nb'"),
    ],
)
def test_a_database_that_is_not_there_is_not_found_and_near_names_are_offered(reference: str, message: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        find_database(STATE, reference)
    assert (caught.value.message, caught.value.code) == (message, "DATABASE_NOT_FOUND")
    assert [str(step.command) for step in caught.value.next_steps] == [
        "vzctl databases list",
        "vzctl databases add NAME",
    ]


def test_nothing_is_found_in_an_empty_state() -> None:
    with pytest.raises(NotFoundError):
        find_database(a_state(), "")


def test_display_names_are_the_shortest_that_leave_no_doubt() -> None:
    assert display_names(STATE.databases) == {
        SHOP_EU.id: "shop@eu-west-1",
        SHOP_US.id: "shop@us-east-1",
        TWIN_A.id: TWIN_A.id,
        TWIN_B.id: TWIN_B.id,
        BLOG.id: "blog",
        HEX_NAME.id: "33333333-aaaa",
    }


@st.composite
def databases(draw: st.DrawFn) -> list[Database]:
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["shop", "blog", "shop@eu", "00000001", "x"]), st.sampled_from([None, "eu", "us"])
            ),
            max_size=6,
        )
    )
    return [
        a_database(name, id=f"{number:08x}-0000-4000-8000-000000000000", region=region)
        for number, (name, region) in enumerate(rows)
    ]


@given(databases())
def test_the_id_always_names_its_database(found: list[Database]) -> None:
    state = a_state(databases=found)
    assert [find_database(state, item.id) for item in found] == found


@given(databases())
def test_a_display_name_never_names_another_database(found: list[Database]) -> None:
    state = a_state(databases=found)
    for database_id, name in display_names(state.databases).items():
        assert find_database(state, name).id == database_id


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("shop/ks/products", Address("shop", "ks", "products")),
        ("shop@eu-west-1/ks/t.c", Address("shop@eu-west-1", "ks", "t.c")),
        ("a b/k s/c d", Address("a b", "k s", "c d")),
    ],
)
def test_an_address_has_three_parts(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "shop", "shop/ks", "shop/ks/", "/ks/c", "a//c", "a/b/c/d", " a/b/c", "a/b/c ", "a/b/\x07"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_address(text)
    assert caught.value.code == "ADDRESS_INVALID"
    assert caught.value.message.endswith("is not an address; write DB/KEYSPACE/COLLECTION or DB/KEYSPACE/TABLE.COLUMN")
    assert caught.value.message.isprintable()


def test_the_last_dot_separates_table_and_column() -> None:
    assert parse_address("d/k/t.c").table_and_column() == ("t", "c")
    assert parse_address("d/k/t.u.c").table_and_column() == ("t.u", "c")


@pytest.mark.parametrize("leaf", ["t", ".c", "t."])
def test_an_address_without_a_column_is_refused(leaf: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_address(f"d/k/{leaf}").table_and_column()
    assert caught.value.message == f'"d/k/{leaf}" names no column; write DB/KEYSPACE/TABLE.COLUMN'


PRODUCTS = a_collection(BLOG, "products", keyspace="ks")
VECTOR = a_column(BLOG, "articles", "vector", keyspace="ks")
FILLED = a_state(databases=[BLOG, SHOP_EU, SHOP_US], collections=[PRODUCTS], columns=[VECTOR])


def test_collections_and_columns_are_found_by_their_address() -> None:
    assert find_collection(FILLED, "blog/ks/products") is PRODUCTS
    assert find_collection(FILLED, "33333333/ks/products") is PRODUCTS
    assert find_column(FILLED, "blog/ks/articles.vector") is VECTOR


def test_a_collection_that_is_not_there_offers_near_addresses() -> None:
    with pytest.raises(NotFoundError) as caught:
        find_collection(FILLED, "blog/ks/product")
    assert caught.value.message == 'there is no collection "blog/ks/product"; did you mean "blog/ks/products"?'
    assert caught.value.code == "COLLECTION_NOT_FOUND"
    assert caught.value.next_steps == (suggest("collections list", comment="the collections that are recorded"),)


def test_a_column_that_is_not_there_offers_near_addresses() -> None:
    with pytest.raises(NotFoundError) as caught:
        find_column(FILLED, "blog/ks/articles.vektor")
    assert caught.value.message == (
        'there is no table column "blog/ks/articles.vektor"; did you mean "blog/ks/articles.vector"?'
    )
    assert caught.value.code == "COLUMN_NOT_FOUND"
    assert caught.value.next_steps == (suggest("tables list", comment="the table columns that are recorded"),)


def test_an_address_in_an_ambiguous_database_is_a_conflict() -> None:
    with pytest.raises(ConflictError):
        find_collection(FILLED, "shop/ks/products")
    with pytest.raises(ConflictError):
        find_column(FILLED, "shop/ks/articles.vector")
