# Empty dependencies file for sluice_host.
# This may be replaced when dependencies are built.
