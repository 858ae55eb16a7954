"""Settings of the sample. This module alone reads the environment."""

from datetime import timedelta

from pydantic_settings import BaseSettings, SettingsConfigDict


class NetworkSettings(BaseSettings):
    """`NETWORK_` before the name in upper case sets it: `NETWORK_CONTROLLER_URL`."""

    model_config = SettingsConfigDict(env_prefix="NETWORK_", extra="ignore", frozen=True)

    controller_url: str = "http://127.0.0.1:8711"
    """Where the network controller is."""
    controller_timeout: timedelta = timedelta(seconds=10)
    """How long it may take to answer."""
