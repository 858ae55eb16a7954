"""What `orchestrion serve` starts and ends: socket, database, companions, workers, server."""
