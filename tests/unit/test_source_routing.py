"""These tests give routes their condition and things to look at, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_ingest.formats.calls import IncomingCall
from gateway_ingest.routing import Routing, Rule, Traits, grouped
from hypercare.core.models import Launch

SHOP, TILL = Launch(pk=1, slug="shop"), Launch(pk=2, slug="till")


def fits(field, value, traits, name=""):
    return Rule(field, name, value, TILL).fits(traits)


@pytest.mark.parametrize(
    ("path", "fit"), [("/shop", True), ("/shop/7", True), ("/shopping", False), ("/", False), ("", False)]
)
def test_path_fits_at_a_whole_step(path, fit):
    assert fits("path", "/shop", Traits(paths=(path,))) is fit
    assert fits("path", "/", Traits(paths=(path,))) is path.startswith("/")


@pytest.mark.parametrize(
    ("host", "fit"),
    [
        ("a.example.org", True),
        ("A.B.Example.org:8443", True),
        ("a.example.org.", True),
        ("example.org", False),
        ("badexample.org", False),
        ("a.example.org.evil.example", False),
    ],
)
def test_star_stands_for_hosts_below(host, fit):
    assert fits("host", "*.example.org", Traits(hosts=(host,))) is fit


def test_component_is_known_however_it_is_written():
    assert fits("component", "catalog-api", Traits(components=("other", "Catalog_API")))
    assert not fits("component", "catalog-api", Traits(components=("catalog",)))


def test_label_fits_by_its_whole_value():
    assert fits("label", "payments", Traits(labels={"team": "payments"}), name="team")
    assert not fits("label", "pay", Traits(labels={"team": "payments"}), name="team")
    assert not fits("label", "", Traits(), name="team")


rules = st.builds(
    Rule,
    st.sampled_from(["component", "host", "path", "label", "anything"]),
    st.just("team"),
    st.sampled_from(["a", "/a", "a.example", "*.example"]),
    st.sampled_from([SHOP, TILL]),
)
traits = st.builds(
    Traits,
    st.tuples(st.sampled_from(["a", "b"])),
    st.tuples(st.sampled_from(["a.example", "b.example", "c"])),
    st.tuples(st.sampled_from(["/a", "/a/b", "/c"])),
    st.sampled_from([{}, {"team": "a"}, {"team": "b"}]),
)


@given(st.lists(rules, max_size=6), traits)
def test_what_is_said_goes_to_the_first_rule_that_fits_or_to_nobody(found, said):
    launch = Routing(SHOP, tuple(found)).launch_of(said)
    if not found:
        assert launch == SHOP
    elif launch is None:
        assert not any(rule.fits(said) for rule in found)
    else:
        place = next(place for place, rule in enumerate(found) if rule.fits(said))
        assert found[place].launch == launch


@given(st.lists(rules, min_size=1, max_size=6), st.lists(traits, max_size=8))
def test_nothing_reaches_a_launch_that_no_rule_names(found, things):
    named = {rule.launch.pk for rule in found}
    reached = {launch.pk for said in things if (launch := Routing(SHOP, tuple(found)).launch_of(said))}
    assert reached <= named


def test_calls_that_are_alike_are_looked_at_once():
    routing = Routing(SHOP, (Rule("path", "", "/a", TILL),))
    calls = [IncomingCall(at=0, path=path) for path in ("/a", "/a", "/b")]
    assert [routing.launch_of_call(call) for call in calls] == [TILL, TILL, None]
    assert len(routing.remembered) == 2


def test_launches_come_in_the_order_of_their_numbers():
    assert list(grouped([(TILL, 1), (SHOP, 2), (TILL, 3)]).items()) == [(SHOP, [2]), (TILL, [1, 3])]
