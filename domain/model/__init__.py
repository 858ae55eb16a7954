"""The pure part of the domain floor: models, the catalogue, the mapping to stored records; no SQL, no I/O."""
