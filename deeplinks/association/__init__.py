"""Association files: generated for both platforms, evaluated as the platforms do, served."""
