"""What evidence, reports and messages may hold: no credentials, and no value that came from the environment.

``urls`` finds credentials by the form of a text (URLs, connection strings, headers); ``known`` finds values that are
known to be secret, however they are encoded.
"""

from __future__ import annotations

from gatepost.secrets.known import KnownValues, credentials_of
from gatepost.secrets.urls import redacted, redacted_within, without_credentials

__all__ = ["KnownValues", "credentials_of", "redacted", "redacted_within", "without_credentials"]
