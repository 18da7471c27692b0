"""Work groups: moto keeps them, here they get Athena's rules."""

import time

from .errors import invalid_request

MINIMUM_CUTOFF = 10_000_000
UPDATED_AS_IS = ("EnforceWorkGroupConfiguration", "PublishCloudWatchMetricsEnabled", "BytesScannedCutoffPerQuery",
                 "RequesterPaysEnabled", "EngineVersion", "ExecutionRole", "AdditionalConfiguration",
                 "EnableMinimumEncryptionConfiguration")


def find(backend, name):
    group = backend.work_groups.get(name)
    if group is None:
        raise invalid_request(f"WorkGroup {name} is not found.", "WORKGROUP_NOT_FOUND")
    return group


def described(group):
    if not hasattr(group, "created"):
        group.created = time.time()
    return {"Name": group.name, "State": group.state, "Configuration": group.configuration,
            "Description": group.description or "", "CreationTime": group.created}


def check(configuration):
    cutoff = configuration.get("BytesScannedCutoffPerQuery")
    if cutoff is not None and cutoff < MINIMUM_CUTOFF:
        raise invalid_request(f"BytesScannedCutoffPerQuery must be at least {MINIMUM_CUTOFF}")
    managed = configuration.get("ManagedQueryResultsConfiguration", {}).get("Enabled")
    if managed and configuration.get("ResultConfiguration", {}).get("OutputLocation"):
        raise invalid_request("ManagedQueryResultsConfiguration and ResultConfiguration cannot be set together")


def create(backend, body):
    configuration = dict(body.get("Configuration") or {})
    configuration.setdefault("ResultConfiguration", {})
    check(configuration)
    if not backend.create_work_group(body["Name"], configuration, body.get("Description", ""), body.get("Tags") or []):
        raise invalid_request("WorkGroup is already created")
    described(backend.work_groups[body["Name"]])
    return {}


def update(backend, body):
    group = find(backend, body.get("WorkGroup"))
    changes = body.get("ConfigurationUpdates") or {}
    configuration = dict(group.configuration)
    for name in UPDATED_AS_IS:
        if name in changes:
            configuration[name] = changes[name]
    if changes.get("RemoveBytesScannedCutoffPerQuery"):
        configuration.pop("BytesScannedCutoffPerQuery", None)
    if "ManagedQueryResultsConfigurationUpdates" in changes:
        configuration["ManagedQueryResultsConfiguration"] = changes["ManagedQueryResultsConfigurationUpdates"]
    result = dict(configuration.get("ResultConfiguration") or {})
    for name, value in (changes.get("ResultConfigurationUpdates") or {}).items():
        if name.startswith("Remove"):
            if value:
                result.pop(name.removeprefix("Remove"), None)
        else:
            result[name] = value
    configuration["ResultConfiguration"] = result
    if configuration.get("ManagedQueryResultsConfiguration", {}).get("Enabled"):
        result.pop("OutputLocation", None)
    check(configuration)
    group.configuration = configuration
    group.state = body.get("State", group.state)
    group.description = body.get("Description", group.description)
    return {}


def delete(backend, body, used):
    name = body.get("WorkGroup")
    find(backend, name)
    if name == "primary":
        raise invalid_request("The primary workgroup cannot be deleted")
    if used and not body.get("RecursiveDeleteOption"):
        raise invalid_request(f"WorkGroup {name} is not empty")
    del backend.work_groups[name]
    return {}


def listed(backend):
    groups = [described(group) for group in backend.work_groups.values()]
    version = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}
    return {"WorkGroups": [{name: group[name] for name in ("Name", "State", "Description", "CreationTime")}
                           | {"EngineVersion": group["Configuration"].get("EngineVersion", version)}
                           for group in groups]}


def result_configuration(group, requested):
    """The configuration that counts, and whether results are managed. The client's is ignored where enforced."""
    if group.state != "ENABLED":
        raise invalid_request(f"WorkGroup {group.name} is disabled.")
    configuration = group.configuration
    requested = requested or {}
    if (configuration.get("ManagedQueryResultsConfiguration") or {}).get("Enabled"):
        if requested.get("OutputLocation"):
            raise invalid_request("OutputLocation cannot be set: the workgroup has managed query results enabled")
        return {}, True
    of_group = configuration.get("ResultConfiguration") or {}
    if configuration.get("EnforceWorkGroupConfiguration"):
        chosen = dict(of_group)
    else:
        chosen = {**of_group, **requested}
    if not chosen.get("OutputLocation"):
        raise invalid_request("No output location provided. An output location is required either through the "
                              "Workgroup result configuration setting or as an API input.")
    if not chosen["OutputLocation"].startswith("s3://"):
        raise invalid_request(f"outputLocation is not a valid S3 path: {chosen['OutputLocation']}")
    return chosen, False
