class Config:
    bind: list[str]
    graceful_timeout: float
    accesslog: str | None
    errorlog: str | None
    websocket_ping_interval: float | None
    websocket_max_message_size: int
    h11_max_incomplete_size: int
    include_server_header: bool
    loglevel: str
    shutdown_timeout: float
