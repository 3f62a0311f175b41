"""Which cloud a person's shell names, and by which credentials."""

from __future__ import annotations

from pathlib import Path

import certifi
import pytest

from builder.errors import ConfigurationError
from builder.openstack.cloud_environment import load_cloud_environment
from builder.settings.table import Settings
from tests.command import run_here

URL = "https://keystone.example.com:5000/v3"
CERTIFICATES = certifi.where()
BY_PASSWORD = {
    "auth_url": URL,
    "username": "ada",
    "password": "pw-of-ada",
    "user_domain_name": "Default",
    "project_id": "p1",
}
BY_APPLICATION_CREDENTIAL = {
    "auth_url": URL,
    "application_credential_id": "a1",
    "application_credential_secret": "secret-of-a1",
}
BY_NAME_OF_APPLICATION_CREDENTIAL = {
    "auth_url": URL,
    "application_credential_name": "mine",
    "application_credential_secret": "secret-of-a1",
    "username": "ada",
    "user_domain_name": "Default",
}
BY_TOKEN = {"auth_url": URL, "token": "token-of-ada", "project_id": "p1"}
WAYS = (BY_PASSWORD, BY_APPLICATION_CREDENTIAL, BY_NAME_OF_APPLICATION_CREDENTIAL, BY_TOKEN)

CLOUDS = f"""
clouds:
  plain:
    auth: {{auth_url: "{URL}", username: ada, password: 4711, project_name: demo, domain_name: Default}}
    region_name: North
    cacert: {CERTIFICATES}
    interface: internal
  credential:
    auth_type: v3applicationcredential
    auth: {{auth_url: "{URL}", application_credential_id: a1}}
  token:
    auth_type: v3token
    auth: {{auth_url: "{URL}", token: token-of-ada, project_id: p1}}
  federated:
    auth_type: v3oidcpassword
    auth: {{auth_url: "{URL}", password: pw-of-ada}}
  addressless:
    auth: {{password: pw-of-ada}}
  shapeless: 3
"""
SECURE = "clouds: {credential: {auth: {application_credential_secret: secret-of-a1}}}"


def as_variables(cloud_env: dict[str, str]) -> dict[str, str]:
    return {f"OS_{key.upper()}": value for key, value in cloud_env.items()}


@pytest.fixture
def clouds_yaml(tmp_path: Path) -> dict[str, str]:
    """The variables that have a ``clouds.yaml`` and its ``secure.yaml`` be read."""
    (tmp_path / "clouds.yaml").write_text(CLOUDS)
    (tmp_path / "secure.yaml").write_text(SECURE)
    return {
        "OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml"),
        "OS_CLIENT_SECURE_FILE": str(tmp_path / "secure.yaml"),
    }


def load(environment: dict[str, str]) -> tuple[dict[str, str], Settings]:
    return load_cloud_environment(environment, Settings())


class TestVariables:
    @pytest.mark.parametrize("way", WAYS, ids=lambda way: sorted(way)[0])
    def test_variables_of_each_way_are_what_a_request_gives(self, way: dict[str, str]) -> None:
        assert load(as_variables(way))[0] == way

    def test_region_certificates_and_interface_are_taken_along(self) -> None:
        more = {"OS_REGION_NAME": "North", "OS_CACERT": CERTIFICATES, "OS_INTERFACE": "internal"}
        cloud_env, settings = load({**as_variables(BY_PASSWORD), **more})
        assert cloud_env == {**BY_PASSWORD, "region_name": "North"}
        assert (settings.cloud_ca_bundle, settings.cloud_interface) == (CERTIFICATES, "internal")

    @pytest.mark.parametrize("variable", ["OS_CACERT", "CLOUD_CA_BUNDLE"])
    @pytest.mark.parametrize(
        ("path", "reason"),
        [("/nowhere", "No such file"), ("/dev/null", "no certificate"), ("/proc/self/fdinfo", "no certificate in it")],
    )
    def test_certificates_that_cannot_be_used_end_a_command(
        self, variable: str, path: str, reason: str, examples: Path
    ) -> None:
        environment = {**as_variables(BY_PASSWORD), variable: path}
        for command in (("launch",), ("check", "--cloud")):
            ended = run_here(*command, str(examples / "self-contained.yaml"), **environment)
            assert ended.returncode == 2
            assert ended.stderr.startswith(f"cluster-builder: {variable}")
            assert f": {path!r} cannot be used: {reason}" in ended.stderr

    def test_what_belongs_to_another_way_is_left_out(self) -> None:
        both = {**as_variables(BY_PASSWORD), **as_variables(BY_APPLICATION_CREDENTIAL)}
        assert load(both)[0] == BY_PASSWORD
        both |= {"OS_AUTH_TYPE": "v3applicationcredential", "OS_APPLICATION_CREDENTIAL_NAME": "mine"}
        assert load(both)[0] == BY_APPLICATION_CREDENTIAL

    def test_empty_variables_are_not_set(self) -> None:
        emptied = {**as_variables(BY_PASSWORD), "OS_USER_ID": "", "OS_REGION_NAME": "", "OS_CLOUD": ""}
        assert load(emptied)[0] == BY_PASSWORD

    @pytest.mark.parametrize("way", WAYS, ids=lambda way: sorted(way)[0])
    def test_each_variable_that_lacks_is_named_and_no_secret_is(self, way: dict[str, str]) -> None:
        for key in way:
            lacking = as_variables({name: value for name, value in way.items() if name != key})
            with pytest.raises(ConfigurationError, match=r"OS_[A-Z]") as caught:
                load(lacking)
            assert not any(value in str(caught.value) for value in ("pw-of", "secret-of", "token-of"))

    def test_nothing_at_all_is_told_with_both_ways_to_mend_it(self) -> None:
        with pytest.raises(ConfigurationError, match=r"no cloud is named: .*OS_AUTH_URL.*OS_CLOUD"):
            load({"PATH": "/bin"})


class TestCloudsYaml:
    def test_password_of_a_file_is_a_text(self, clouds_yaml: dict[str, str]) -> None:
        cloud_env, settings = load({**clouds_yaml, "OS_CLOUD": "plain"})
        assert cloud_env == {
            "auth_url": URL,
            "password": "4711",
            "username": "ada",
            "user_domain_name": "Default",
            "project_name": "demo",
            "project_domain_name": "Default",
            "region_name": "North",
        }
        assert (settings.cloud_ca_bundle, settings.cloud_interface) == (CERTIFICATES, "internal")

    def test_secret_may_be_in_a_file_of_its_own(self, clouds_yaml: dict[str, str]) -> None:
        assert load({**clouds_yaml, "OS_CLOUD": "credential"})[0] == BY_APPLICATION_CREDENTIAL

    def test_token_is_taken(self, clouds_yaml: dict[str, str]) -> None:
        assert load({**clouds_yaml, "OS_CLOUD": "token"})[0] == BY_TOKEN

    def test_region_of_the_shell_comes_first(self, clouds_yaml: dict[str, str]) -> None:
        cloud_env, _ = load({**clouds_yaml, "OS_CLOUD": "plain", "OS_REGION_NAME": "South"})
        assert cloud_env["region_name"] == "South"

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("absent", "absent"),
            ("shapeless", "form"),
            ("addressless", "auth_url"),
            ("federated", r"'v3oidcpassword'.*v3applicationcredential"),
        ],
    )
    def test_what_cannot_be_used_is_told(self, clouds_yaml: dict[str, str], name: str, told: str) -> None:
        with pytest.raises(ConfigurationError, match=told):
            load({**clouds_yaml, "OS_CLOUD": name})
