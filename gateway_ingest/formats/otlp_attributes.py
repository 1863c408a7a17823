"""This module reads the attributes of OpenTelemetry's JSON: pairs of a key and a value in its wrapping."""

from gateway_ingest.formats import values
from hypercare.core.strict_json import JSON


def attributes_of(given: JSON) -> dict[str, JSON]:
    """The attributes by name; what has no name is none."""
    return {
        values.text(values.at(entry, "key")): plain(values.at(entry, "value"))
        for entry in values.items(given)
        if values.text(values.at(entry, "key"))
    }


def plain(any_value: JSON) -> JSON:
    """The value inside the wrapping; lists and objects are told by their texts."""
    for name in ("stringValue", "boolValue", "intValue", "doubleValue", "bytesValue"):
        if values.has(any_value, name):
            return values.at(any_value, name)
    if values.has(any_value, "arrayValue"):
        return ", ".join(
            values.text(plain(item)) for item in values.items(values.at(any_value, "arrayValue", "values"))
        )
    if values.has(any_value, "kvlistValue"):
        inner = attributes_of(values.at(any_value, "kvlistValue", "values"))
        return ", ".join(f"{name}: {values.text(value)}" for name, value in inner.items())
    return None
