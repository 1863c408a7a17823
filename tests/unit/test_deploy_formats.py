"""Each platform's deploy webhook becomes the same six facts, or says why nothing went live."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_ingest.formats import FormatError
from gateway_ingest.formats.deploys import DEPLOY_FORMATS, IncomingDeployment, NotLive

WENT_LIVE = datetime(2026, 5, 28, 13, 9, tzinfo=UTC)

GITHUB = {
    "deployment_status": {"id": 9, "state": "success", "environment": "prod", "updated_at": "2026-05-28T13:09:00Z"},
    "deployment": {"id": 4711, "sha": "3f" * 20, "ref": "v1.8.2", "task": "deploy", "description": "IS-12 larger pool"},
    "repository": {"name": "checkout", "full_name": "meridian/checkout"},
}
GITHUB_RELEASE = {
    "action": "published",
    "release": {"id": 3, "tag_name": "v1.8.2", "name": "Larger pool", "published_at": "2026-05-28T13:09:00Z"},
    "repository": {"name": "checkout"},
}
GITLAB = {
    "object_kind": "deployment", "status": "success", "status_changed_at": "2026-05-28 15:09:00 +0200",
    "deployment_id": 15, "environment": "prod", "ref": "v1.8.2", "short_sha": "279484c0",
    "commit_title": "Larger pool", "project": {"name": "Check out", "path_with_namespace": "meridian/checkout"},
}  # fmt: skip
GITLAB_RELEASE = {
    "object_kind": "release", "action": "create", "tag": "v1.8.2", "name": "Larger pool", "id": 7,
    "released_at": "2026-05-28 13:09:00 UTC", "project": {"path_with_namespace": "meridian/checkout"},
}  # fmt: skip
ARGO = {
    "app": "checkout", "phase": "Succeeded", "revision": "3f" * 20, "environment": "prod",
    "finished_at": "2026-05-28T13:09:00Z", "images": ["registry.example.com:5000/shop/checkout:v1.8.2"],
}  # fmt: skip
ARGO_WHOLE = {
    "metadata": {"name": "checkout"}, "spec": {"destination": {"namespace": "prod"}},
    "status": {
        "operationState": {
            "phase": "Succeeded", "finishedAt": "2026-05-28T13:09:00Z", "syncResult": {"revision": "3f" * 20},
        },
        "summary": {"images": ["shop/checkout:v1.8.2"]},
    },
}  # fmt: skip
GENERIC = {
    "version": "v1.8.2", "environment": "prod", "component": "checkout", "deployed_at": 1780060140,
    "summary": "Larger pool", "external_id": "run-77",
}  # fmt: skip

LIVE = [
    ("github", GITHUB, "IS-12 larger pool", "deployment:4711"),
    ("github", GITHUB_RELEASE | {"environment": "x"}, "Larger pool", "release:3"),
    ("gitlab", GITLAB, "Larger pool", "deployment:15"),
    ("gitlab", GITLAB_RELEASE, "Larger pool", "release:7"),
    ("argocd", ARGO, "v1.8.2", f"checkout:{'3f' * 20}:1779973740"),
    ("argocd", ARGO_WHOLE, "v1.8.2", f"checkout:{'3f' * 20}:1779973740"),
    ("generic", GENERIC | {"deployed_at": 1779973740}, "Larger pool", "run-77"),
]


@pytest.mark.parametrize(("name", "payload", "summary", "external_id"), LIVE)
def test_what_went_live_is_read(name, payload, summary, external_id):
    said = DEPLOY_FORMATS[name](payload, {})
    assert isinstance(said, IncomingDeployment)
    assert (said.version, said.deployed_at, said.component_names[0]) == ("v1.8.2", WENT_LIVE, "checkout")
    assert said.environment == ("production" if "release:" in external_id else "prod")
    assert (said.summary, said.external_id) == (summary, external_id)


@pytest.mark.parametrize(
    ("name", "payload", "why"),
    [
        ("github", GITHUB | {"deployment_status": {"state": "in_progress"}}, "in_progress"),
        ("github", GITHUB_RELEASE | {"action": "deleted"}, "deleted"),
        ("github", {"zen": "Keep it logically awesome.", "hook": {}}, "ping"),
        ("gitlab", GITLAB | {"status": "failed"}, "failed"),
        ("gitlab", {"object_kind": "push"}, "push"),
        ("gitlab", GITLAB_RELEASE | {"action": "delete"}, "delete"),
        ("argocd", ARGO | {"phase": "Running"}, "Running"),
    ],
)
def test_event_that_puts_nothing_live_says_so(name, payload, why):
    said = DEPLOY_FORMATS[name](payload, {})
    assert isinstance(said, NotLive)
    assert why in said.reason


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("github", []),
        ("github", {}),
        ("github", GITHUB | {"deployment": {"id": 1}}),
        ("gitlab", {"status": "success"}),
        ("gitlab", GITLAB | {"status_changed_at": "yesterday"}),
        ("argocd", {"phase": "Succeeded"}),
        ("generic", {}),
        ("generic", {"version": True}),
        ("generic", GENERIC | {"deployed_at": 9e99}),
        ("generic", GENERIC | {"deployed_at": "9999-12-31T00:00:00Z"}),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(name, payload):
    with pytest.raises(FormatError, match=r"\w"):
        DEPLOY_FORMATS[name](payload, {})


def test_bare_commit_is_called_by_its_first_digits():
    bare = GITHUB | {"deployment": {"id": 1, "ref": "3f" * 20, "sha": "3f" * 20}}
    assert DEPLOY_FORMATS["github"](bare, {}).version == "3f" * 6


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NAMES = sorted({name for _format, payload, *_rest in LIVE for name in payload} | {"id", "ref", "state", "metadata"})


@pytest.mark.parametrize("name", DEPLOY_FORMATS)
@given(payload=values | st.dictionaries(st.sampled_from(NAMES), values, max_size=8))
def test_any_payload_is_read_or_refused(name, payload):
    try:
        said = DEPLOY_FORMATS[name](payload, {})
    except FormatError:
        return
    assert isinstance(said, IncomingDeployment | NotLive)
