"""Wire formats: marshmallow and nothing else."""
